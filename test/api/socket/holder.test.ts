import { lstat, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../main/agent/parts.ts';
import { type Paths, pathsFrom } from '../../../main/agent/paths.ts';
import { connectAgent } from '../../../main/api/socket/client.ts';
import { type Election, electAgent } from '../../../main/api/socket/election.ts';
import { connectionServer } from '../../../main/api/socket/server.ts';

let home: string;
let paths: Paths;
let election: Extract<Election, { kind: 'elected' }>;

beforeEach(async () => {
  home = await realpath(await mkdtemp(path.join(tmpdir(), 'holder-')));
  paths = pathsFrom({ HOME: home });
  const elected = await electAgent({ paths, clock: systemClock });
  if (elected.kind !== 'elected') throw new Error('an agent runs already');
  election = elected;
});
afterEach(async () => {
  await election.resign();
  await rm(home, { recursive: true });
});

const connect = () => connectAgent({ path: paths.socket, state: paths.state });

it('an agent that lives and hangs up is no agent that was killed: its socket stays, and it is named', async () => {
  election.serve((socket) => socket.destroy());
  const { ino } = await lstat(paths.socket);
  const unreachable = {
    code: 'agent-unreachable',
    message: `The agent (process ${process.pid}) does not answer.`,
    hint: expect.not.stringMatching(/delete|remove|\brm\b/i),
    retryable: true,
  };
  await expect(connect()).rejects.toMatchObject(unreachable);
  await expect(electAgent({ paths, clock: systemClock })).rejects.toMatchObject(unreachable);
  expect((await lstat(paths.socket)).ino).toBe(ino);
});

it('an agent that hangs up while it is short of connections is found at the next try', async () => {
  let hungUp = 0;
  const serve = connectionServer({
    secret: election.secret,
    version: '1',
    served: { feed: {} as never, handlers: {} as never },
  });
  election.serve((socket) => {
    if (hungUp++ === 0) socket.destroy();
    else serve(socket);
  });
  const client = await connect();
  expect(client?.agent.pid).toBe(process.pid);
  client?.close();
});

it('an agent that a busy computer keeps from its answer is waited for', async () => {
  let accepted: Socket | undefined;
  election.serve((socket) => {
    accepted = socket;
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const connecting = connect();
    connecting.catch(() => {});
    while (accepted === undefined) await new Promise(setImmediate);
    // What is looked up meanwhile is read from the disk.
    for (let seconds = 0; seconds < 14; seconds += 1) {
      vi.advanceTimersByTime(1_000);
      await readFile(import.meta.filename);
      await new Promise(setImmediate);
    }
    connectionServer({
      secret: election.secret,
      version: '1',
      served: { feed: {} as never, handlers: {} as never },
    })(accepted);
    const client = await connecting;
    expect(client?.agent.pid).toBe(process.pid);
    client?.close();
  } finally {
    vi.useRealTimers();
  }
});

it('an agent that has sent half a line is not something else', async () => {
  election.serve((socket) => socket.write('{"hello":"k8s-'));
  await expect(connect()).rejects.toMatchObject({
    code: 'agent-unreachable',
    message: `The agent (process ${process.pid}) does not answer.`,
  });
});

it('an agent whose folder of state was replaced is not called something else, nor is its socket to be deleted', async () => {
  election.serve(
    connectionServer({
      secret: election.secret,
      version: '1',
      served: { feed: {} as never, handlers: {} as never },
    }),
  );
  await writeFile(path.join(paths.state, 'socket-secret'), `${'0'.repeat(64)}\n`);
  await expect(connect()).rejects.toMatchObject({
    message: `What answers at ${paths.socket} says that it is k8s-tunnels (process ${process.pid}), but does not know the secret in ${paths.state}.`,
    hint: expect.stringContaining('end that process'),
  });
});
