import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const { relay } = createRequire(import.meta.url)('../../main/cli/relay.cjs') as {
  relay(options: {
    folder: string;
    host?: string;
    outward?: true;
    log: (text: string) => void;
    onReady?: () => void;
  }): () => void;
};

let folder: string;
let log: ReturnType<typeof vi.fn<(text: string) => void>>;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'relay-'));
  log = vi.fn();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

const writeKubeconfig = (ports: readonly number[]) =>
  writeFile(
    path.join(folder, 'kubeconfig'),
    `clusters:\n${ports.map((port) => `  - cluster:\n      server: https://127.0.0.1:${port}\n`).join('')}`,
  );

/** Answers everything with what it was sent, in capitals, after its end. */
async function agent(listen: number | string, host?: string): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true }, async (socket) => {
    socket.end((await text(socket)).toUpperCase());
  });
  closers.push(() => server.listening && new Promise((done) => server.close(done)));
  if (typeof listen === 'string') server.listen(listen);
  else server.listen(listen, host);
  await once(server, 'listening');
  return server;
}

const start = (host?: string) =>
  closers.push(relay({ folder, log, ...(host === undefined ? {} : { host }) }));

async function ask(port: number, said: string): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(said);
  return text(socket);
}
const isOpen = (port: number) =>
  new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

it('passes what is sent to the socket of the port, and the answer back, each to its end', async () => {
  const [one, other] = [await freePort(), await freePort()];
  await writeKubeconfig([one, other]);
  await agent(path.join(folder, `${one}.sock`));
  await agent(path.join(folder, `${other}.sock`));
  start();
  await vi.waitFor(() => expect(log).toHaveBeenCalledTimes(2));
  const long = 'x'.repeat(3 << 20);
  expect(await Promise.all([ask(one, 'hello'), ask(other, long)])).toEqual(['HELLO', long.toUpperCase()]);
});

it('leads to another host where it is told to: containers in a virtual machine have no sockets', async () => {
  const port = await freePort();
  await writeKubeconfig([port]);
  await agent(port, '127.0.0.2');
  start('127.0.0.2');
  await vi.waitFor(() => expect(log).toHaveBeenCalled());
  expect(await ask(port, 'hello')).toBe('HELLO');
});

it('holds a connection until an agent that restarts is back', async () => {
  const port = await freePort();
  await writeKubeconfig([port]);
  start();
  await vi.waitFor(() => expect(log).toHaveBeenCalled());
  const answer = ask(port, 'hello');
  await agent(path.join(folder, `${port}.sock`));
  expect(await answer).toBe('HELLO');
});

it('follows the kubeconfig: listens on new ports and on no others', async () => {
  const [one, other] = [await freePort(), await freePort()];
  start();
  expect(log.mock.calls.flat()).toEqual([expect.stringContaining('cannot be read')]);
  await writeKubeconfig([one]);
  await vi.waitFor(async () => expect(await isOpen(one)).toBe(true));
  await writeKubeconfig([other]);
  await vi.waitFor(async () => expect([await isOpen(one), await isOpen(other)]).toEqual([false, true]));
});

it('names a port that another program of the container has, and takes it when it is free', async () => {
  const port = await freePort();
  await writeKubeconfig([port]);
  const other = net.createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  start();
  await vi.waitFor(() => expect(log).toHaveBeenCalledWith(expect.stringContaining(`Port ${port} is in use`)));
  await new Promise((done) => other.close(done));
  await vi.waitFor(() => expect(log).toHaveBeenCalledWith(`Listening on 127.0.0.1:${port}.`));
});

it('closes one end when the other is cut', async () => {
  const port = await freePort();
  await writeKubeconfig([port]);
  const ends: Promise<unknown>[] = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    ends.push(once(socket, 'close'));
    socket.write('begun');
  });
  server.listen(path.join(folder, `${port}.sock`));
  closers.push(() => server.close());
  start();
  await vi.waitFor(() => expect(log).toHaveBeenCalled());
  const client = net.connect(port, '127.0.0.1');
  await once(client, 'data');
  client.resetAndDestroy();
  await ends[0];
});

it('runs a command when the ports are open, and ends with it and its exit code', async () => {
  const port = await freePort();
  await writeKubeconfig([port]);
  await agent(path.join(folder, `${port}.sock`));
  const script = `const socket = require('node:net').connect(${port}, '127.0.0.1');
    socket.on('data', (data) => { console.log(String(data)); process.exit(7); });
    socket.end('hello');`;
  const program = path.resolve(import.meta.dirname, '../../main/cli/relay.cjs');
  const run = (...command: readonly string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [program, folder, '--', ...command], (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  expect(await run(process.execPath, '-e', script)).toEqual({ code: 7, stdout: 'HELLO\n', stderr: '' });
  expect(await run('no-such-program')).toMatchObject({
    code: 127,
    stderr: expect.stringContaining('no-such-program is not found'),
  });
});

it('with outward it is the other end: listens on the socket, which leads to the port', async () => {
  const port = await freePort();
  await writeKubeconfig([port]);
  await agent(port, '127.0.0.1');
  await new Promise<void>((ready) => {
    closers.push(relay({ folder: path.join(folder, 'kubeconfig'), outward: true, log, onReady: ready }));
  });
  const socket = net.connect({ path: path.join(folder, `${port}.sock`), allowHalfOpen: true });
  socket.end('hello');
  expect(await text(socket)).toBe('HELLO');
});
