import { type FSWatcher, watch as watchPath } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import type { Clock } from '../../agent/parts.ts';
import type { Paths } from '../../agent/paths.ts';
import { createLockFile, removeUnheld } from '../../agent/processes/lock-file.ts';
import { isPidLockStale, pidLockBody, releasePidLock } from '../../agent/processes/pid-lock.ts';
import { privateFolder } from '../../agent/storage/private-folder.ts';
import { unwritable } from '../../agent/storage/write-file-atomic.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { connectAgent } from './client.ts';
import { clearHolder, noteHolder } from './note-holder.ts';
import { ensureSecret } from './secret.ts';
import { socketFile } from './socket-file.ts';

const lockTimeoutMs = 15_000;
const lockMaxAgeMs = 10_000;
const lookEveryMs = 5_000;
const watchedEveryMs = 60_000;

export type Election =
  | {
      readonly kind: 'elected';
      /** Passes on each connection, also those that have waited since the election. */
      serve(onConnection: (socket: Socket) => void): void;
      readonly secret: string;
      /** Resolves when the socket's path no longer leads here (it was deleted): the agent must end. */
      readonly deposed: Promise<void>;
      /** Stops listening, removes the socket and ends every connection after its pending data is sent. */
      resign(): Promise<void>;
    }
  | { readonly kind: 'taken'; readonly pid: number; readonly version: string };

/**
 * Becomes the user's one agent by listening on the socket, or resolves with the agent that already is. Takes over a
 * socket without a listener (from a killed agent). Checks and takes over under a lock file, so that one agent is
 * elected of any number that start at the same time.
 * Rejects with `agent-foreign`, `agent-unreachable` or `file-unwritable`. Leaves a file of somebody else untouched if
 * it is where the socket or one of our folders belongs.
 */
export async function electAgent(options: {
  readonly paths: Paths;
  readonly clock: Clock;
}): Promise<Election> {
  const { paths, clock } = options;
  await privateFolders(paths);
  const lock = path.join(paths.state, 'election.lock');
  const release = await takeLock(lock, clock);
  try {
    const secret = await ensureSecret(paths.state);
    const running = await connectAgent({ path: paths.socket, state: paths.state });
    if (running !== undefined) {
      running.close();
      return { kind: 'taken', ...running.agent };
    }
    // Remove a socket without a listener. Reject any other file, and leave it untouched.
    if (socketFile(paths.socket, paths.state) !== undefined) await unlink(paths.socket).catch(() => {});
    const { server, serve, hangUp } = await listen(paths.socket);
    const own = await inode(paths.socket);
    await noteHolder(paths.state);
    return {
      kind: 'elected',
      secret,
      serve,
      deposed: watch({ clock, server, socket: paths.socket, own }),
      async resign() {
        // Do this first: the next agent writes its own as soon as the socket is gone.
        await clearHolder(paths.state);
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          hangUp();
        });
      },
    };
  } finally {
    await release();
  }
}

async function privateFolders({ state, socket }: Paths): Promise<void> {
  await privateFolder(state, { shared: false });
  if (process.platform === 'win32') return;
  const folder = path.dirname(socket);
  await privateFolder(folder, { shared: !folder.startsWith(state + path.sep) });
}

/** Resolves with the function that releases the lock. */
async function takeLock(lock: string, clock: Clock): Promise<() => Promise<void>> {
  const deadline = clock.now() + lockTimeoutMs;
  for (;;) {
    try {
      return await createLockFile(lock, pidLockBody());
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw unwritable(lock, error);
    }
    if (removeUnheld(lock) === true) continue;
    if (await isPidLockStale(lock, { now: clock.now(), maxAgeMs: lockMaxAgeMs })) await releasePidLock(lock);
    else if (clock.now() > deadline) {
      throw new AppError('agent-unreachable', `Another agent is starting (lock: ${lock}).`, {
        hint: 'Delete that file if no other k8s-tunnels is starting.',
        retryable: true,
      });
    } else await clock.sleep(10 + Math.random() * 20);
  }
}

interface Listening {
  readonly server: Server;
  serve(onConnection: (socket: Socket) => void): void;
  hangUp(): void;
}

/** Queues connections from the start: Node drops those that arrive without a listener. */
function listen(path: string): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const sockets = new Set<Socket>();
    let onConnection: ((socket: Socket) => void) | undefined;
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
      onConnection?.(socket);
    });
    server.on('error', (cause) =>
      reject(
        new AppError(
          'agent-unreachable',
          `The agent cannot listen on ${path} (${errnoOf(cause) ?? 'unknown error'}).`,
          { cause },
        ),
      ),
    );
    server.listen(path, () =>
      resolve({
        server,
        serve(listener) {
          onConnection = listener;
          for (const socket of sockets) listener(socket);
        },
        hangUp() {
          for (const socket of sockets) socket.destroySoon();
        },
      }),
    );
  });
}

async function inode(socket: string): Promise<number | undefined> {
  if (process.platform === 'win32') return undefined;
  return (await lstat(socket).catch(() => undefined))?.ino;
}

/**
 * Detects that the path no longer leads to this agent, which then must not continue beside a new one. Looks when the
 * system reports a change in the socket's folder, and seldom without: every few seconds where it cannot report any.
 */
function watch(options: {
  readonly clock: Clock;
  readonly server: Server;
  readonly socket: string;
  readonly own: number | undefined;
}): Promise<void> {
  const { clock, server, socket, own } = options;
  return new Promise((resolve) => {
    if (own === undefined) return;
    const look = async () => {
      if (server.listening && (await inode(socket)) !== own) resolve();
    };
    const watcher = watchFolder(path.dirname(socket), () => void look());
    const lookOften = () => {
      if (!server.listening) return;
      void look();
      clock.timer(watcher.isAlive() ? watchedEveryMs : lookEveryMs, lookOften);
    };
    clock.timer(watcher.isAlive() ? watchedEveryMs : lookEveryMs, lookOften);
    server.once('close', watcher.close);
  });
}

/** Calls `changed` when a name in the folder comes or goes, as long as the system can report it. */
function watchFolder(folder: string, changed: () => void): { isAlive(): boolean; close(): void } {
  let watcher: FSWatcher | undefined;
  const close = () => {
    watcher?.close();
    watcher = undefined;
  };
  try {
    watcher = watchPath(folder, { persistent: false }, (event) => {
      if (event === 'rename') changed();
    });
    watcher.once('error', close);
  } catch {
    // No watches are left, or the file system has none.
  }
  return { isAlive: () => watcher !== undefined, close };
}
