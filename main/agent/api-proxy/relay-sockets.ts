import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { AppError, errnoOf, toPlainError } from '../../model/app-error.ts';
import type { Logger } from '../parts.ts';
import { containerFolder } from './container-folder.ts';

/** The limit of a socket's path is 104 bytes on macOS and 108 on Linux. */
const pathLimit = 103;

/**
 * The Unix sockets through which containers reach local TLS ports. Each leads to one port, in a folder that only this
 * account can open. The port checks what comes through as it checks every connection: TLS, and the secret.
 */
export interface RelaySockets {
  /**
   * Listens on a socket that leads to the port. Makes the socket again if its file is gone. Rejects with `not-found` if
   * there is no folder, with `file-unwritable` if it is not safe, with `bad-input` if the path is too long, with
   * `port-failed` otherwise.
   */
  listen(file: string, port: number): Promise<void>;
  /** Closes the sockets for which `isKept` returns false, with their connections, and removes their files. */
  keep(isKept: (file: string) => boolean): void;
  close(): Promise<void>;
}

interface Listening {
  readonly server: Server;
  readonly clients: Set<Socket>;
  readonly inode: number;
  port: number;
}

export function createRelaySockets({ logger }: { readonly logger: Logger }): RelaySockets {
  const sockets = new Map<string, Listening>();

  const stop = (file: string): Promise<void> => {
    const one = sockets.get(file);
    if (one === undefined) return Promise.resolve();
    sockets.delete(file);
    for (const client of one.clients) client.destroy();
    return new Promise((resolve) => one.server.close(() => resolve()));
  };

  return {
    async listen(file, port) {
      const known = sockets.get(file);
      if (known !== undefined && (await inodeOf(file)) === known.inode) {
        known.port = port;
        return;
      }
      await stop(file);
      await checkFolder(path.dirname(file));
      if (Buffer.byteLength(file) > pathLimit)
        throw new AppError(
          'bad-input',
          `${file} is longer than a socket's path can be (${pathLimit} bytes).`,
          {
            hint: 'Name a folder with a shorter path.',
          },
        );
      const clients = new Set<Socket>();
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
        clients.add(client);
        client.once('close', () => clients.delete(client));
        pass(client, sockets.get(file)?.port ?? port);
      });
      await bind(server, file);
      server.on('error', (error) => logger.warn('A socket has failed', { file, error: toPlainError(error) }));
      await chmod(file, 0o600);
      sockets.set(file, { server, clients, port, inode: (await inodeOf(file)) ?? 0 });
    },
    keep(isKept) {
      for (const file of [...sockets.keys()]) if (!isKept(file)) void stop(file);
    },
    async close() {
      await Promise.all([...sockets.keys()].map(stop));
    },
  };
}

/** Opens a connection to the port for a client, and passes bytes in both directions. */
function pass(client: Socket, port: number): void {
  const local = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
  for (const [one, other] of [
    [client, local],
    [local, client],
  ] as const) {
    one.on('error', () => {});
    // What was sent before an orderly end still arrives.
    one.once('close', (isBroken) => (isBroken ? other.destroy() : other.end()));
    one.pipe(other);
  }
}

async function bind(server: Server, file: string): Promise<void> {
  try {
    await listenOn(server, file);
  } catch (cause) {
    // An agent that was killed has left its socket behind.
    if (errnoOf(cause) !== 'EADDRINUSE' || (await isAnswered(file))) throw failed(file, cause);
    await unlink(file);
    await listenOn(server, file).catch((again: unknown) => {
      throw failed(file, again);
    });
  }
}

function listenOn(server: Server, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(file, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Resolves with true if a program listens on a socket. Rejects if the file is none. */
async function isAnswered(file: string): Promise<boolean> {
  if (!(await lstat(file)).isSocket()) return true;
  return new Promise((resolve) => {
    const probe = connect(file);
    probe.once('error', () => resolve(false));
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
  });
}

function failed(file: string, cause: unknown): AppError {
  const errno = errnoOf(cause);
  return errno === 'EADDRINUSE'
    ? new AppError('port-failed', `Another program uses ${file}.`, {
        hint: 'End that program, or name another folder. An agent with another state folder needs a folder of its own.',
        cause,
      })
    : new AppError('port-failed', `The socket ${file} cannot be opened (${errno ?? 'unknown error'}).`, {
        hint: 'Name a folder in your home folder, on a local disk.',
        cause,
      });
}

/** Rejects unless the folder exists and no other account can replace it. Takes permissions of others away. */
async function checkFolder(folder: string): Promise<void> {
  if ((await inodeOf(folder)) === undefined)
    throw new AppError('not-found', `${folder} does not exist any more.`, {
      hint: 'Write it again with k8s-tunnels kubeconfig.',
    });
  await containerFolder(folder);
}

async function inodeOf(file: string): Promise<number | undefined> {
  return lstat(file).then(
    ({ ino }) => ino,
    () => undefined,
  );
}
