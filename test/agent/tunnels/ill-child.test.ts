import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { CarriedStream } from '../../../main/agent/tunnels/cloudflared/carried-stream.ts';
import { startChild } from '../../../main/agent/tunnels/cloudflared/child.ts';
import { type LogEvent, lineReader } from '../../../main/agent/tunnels/cloudflared/log.ts';
import { watchProcess } from './ill-peers.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ill-child-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts a program in cloudflared's place; `port` is what it is asked to listen on. */
async function start(body: string, signal = new AbortController().signal) {
  const script = path.join(folder, 'program.cjs');
  const program = path.join(folder, 'program');
  const port = `Number(process.argv.at(-1).split(':')[1])`;
  await writeFile(script, `const net = require('node:net'); const port = ${port};\n${body}`);
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
  await chmod(program, 0o755);
  const events: LogEvent[] = [];
  const child = await startChild({
    program,
    args: [],
    env: {},
    logger: silentLogger,
    signal,
    onEvent: (event) => events.push(event),
  });
  return { child, events };
}

const listens = `net.createServer((socket) => socket.on('error', () => {})).listen(port, '127.0.0.1');`;
const says = (fields: object) => `process.stderr.write(${JSON.stringify(JSON.stringify(fields))});`;

const isAboutToListen = `${says({ level: 'info', host: 'x' })} process.stderr.write('\\n');`;

it('a child that dies with half a line is told of by that line', async () => {
  await expect(start(says({ level: 'error', message: 'no room' }))).rejects.toMatchObject({
    code: 'edge-failed',
    message: expect.stringContaining('no room'),
  });
});

it('a child that logs garbage without an end starts, and its later lines are read', async () => {
  const watch = watchProcess();
  const { child, events } = await start(`
    const garbage = Buffer.alloc(64 * 1024, 0xff);
    for (let blocks = 0; blocks < 100; blocks++) process.stderr.write(garbage);
    process.stderr.write('\\n');
    ${says({ level: 'error', originURL: 'https://x', error: 'later' })}
    process.stderr.write('\\n');
    ${isAboutToListen}
    ${listens}`);
  await vi.waitFor(() => expect(events).toContainEqual({ kind: 'dial-failed', error: 'later' }));
  await child.stop();
  await watch.none();
  watch.stop();
});

it('a child that listens late is waited for, and one that never does is ended', async () => {
  const { child } = await start(`${isAboutToListen} setTimeout(() => { ${listens} }, 300);`);
  expect(child.hasEnded()).toBe(false);
  await child.stop();
  const patience = new AbortController();
  const started = start(`${isAboutToListen} setInterval(() => {}, 1000);`, patience.signal);
  setTimeout(() => patience.abort(), 300);
  await expect(started).rejects.toMatchObject({ code: 'cancelled' });
});

it('no line of its log takes more than is read of one', () => {
  const lines: string[] = [];
  const read = lineReader((line) => lines.push(line));
  for (let blocks = 0; blocks < 1_000; blocks++) read('x'.repeat(10_000));
  read('\none\ntwo');
  read(' more\n');
  expect(lines.map((line) => line.length)).toEqual([4_096, 3, 8]);
  expect(lines.slice(1)).toEqual(['one', 'two more']);
});

it('a connection that the child holds without reading is let go of', async () => {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const [held] = (await accepted) as [net.Socket];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const stream = new CarriedStream(socket, async () => undefined);
    stream.write(Buffer.alloc(16 << 20));
    stream.destroy();
    const closed = once(socket, 'close');
    vi.advanceTimersByTime(5_000);
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
    held.destroy();
    server.close();
  }
});
