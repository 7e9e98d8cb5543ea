import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { toPlainError } from '../../../model/app-error.ts';
import type { Environment, Logger } from '../../parts.ts';
import { programOutput } from '../../processes/program-output.ts';
import { lsofTable } from './lsof-table.ts';
import { netstatTable } from './netstat-table.ts';
import type { Connection, Peer, PeerTable } from './peer-table.ts';
import { openProcTable } from './proc-table.ts';

/** Determines which account the client of a connection belongs to. */
export interface Peers {
  /** False if this computer cannot tell: every client then passes this check. */
  readonly isChecked: boolean;
  /** Resolves with undefined if the table does not contain the connection: it has ended, or cannot be trusted. */
  peerOf(connection: Connection): Promise<Peer | undefined>;
  /** Resolves with true if no process holds the client's end any more, with false if that cannot be determined. */
  hasEnded(connection: Connection): Promise<boolean>;
  /** Resolves with the process that listens on a port of 127.0.0.1, if that can be determined. */
  listenerOf(port: number): Promise<Peer | undefined>;
  close(): Promise<void>;
}

/** How often the table is read before a connection counts as missing: a read can miss rows that move meanwhile. */
const attempts = 3;
/**
 * After a read comes a rest that is this many times longer, but at most this long, and over once this many connections
 * wait. A table is read whole, which takes some 10 ms where it has thousands of rows, and clients that all reconnect
 * after an outage would have it read for each of them: they share the read after the rest.
 */
const rest = { times: 9, mostMs: 150, mostWaiting: 16 } as const;
const proofLimitMs = 5_000;
/** The uid that Linux shows for every account that a user namespace does not know (user_namespaces(7)). */
const overflowUid = 65_534;

/** Checks nothing: every client passes. */
export const uncheckedPeers: Peers = {
  isChecked: false,
  peerOf: async () => undefined,
  hasEnded: async () => false,
  listenerOf: async () => undefined,
  close: async () => {},
};

/**
 * Creates the check of this platform, and verifies it by a connection to ourselves. Returns `uncheckedPeers` if the
 * platform's table cannot be read, or does not show that connection as ours. Never rejects.
 */
export async function createPeers(options: {
  readonly env: Environment;
  readonly logger: Logger;
  /** Replaces the platform's table. */
  readonly openTable?: () => Promise<PeerTable>;
}): Promise<Peers> {
  const { env, logger, openTable = () => platformTable(env) } = options;
  let table: PeerTable | undefined;
  try {
    table = await openTable();
    const peers = peersOf(table, logger);
    await prove(peers);
    return peers;
  } catch (error) {
    const { message } = toPlainError(error);
    logger.warn('The accounts of local connections cannot be checked', { reason: message });
    await table?.close().catch(() => {});
    return uncheckedPeers;
  }
}

async function platformTable(env: Environment): Promise<PeerTable> {
  const uid = process.geteuid?.() ?? -1;
  switch (process.platform) {
    case 'linux':
      if (uid === overflowUid) throw new Error('this account has no uid of its own');
      return openProcTable({ uid });
    case 'darwin':
      return lsofTable({ uid, run: programOutput });
    case 'win32':
      return netstatTable({ env, user: userInfo().username, run: programOutput });
    default:
      throw new Error(`no table is known for ${process.platform}`);
  }
}

/** Looks up many connections at once: one read of the table answers all that were accepted before it began. */
function peersOf(table: PeerTable, logger: Logger): Peers {
  interface Waiting {
    readonly connection: Connection;
    readonly resolve: (peer: Peer | undefined, isRead: boolean) => void;
    left: number;
  }
  let waiting: Waiting[] = [];
  let isReading = false;
  let isReported = false;
  let restUntil = 0;
  let endRest = () => {};

  const resting = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const readAll = async () => {
    isReading = true;
    while (waiting.length > 0) {
      // Connections that arrive in a burst are accepted one after the other: let them share a read.
      await turn();
      const restMs = restUntil - performance.now();
      if (restMs > 0 && waiting.length < rest.mostWaiting) await resting(restMs);
      const start = performance.now();
      const batch = waiting;
      waiting = [];
      let isRead = true;
      const found = await table
        .peersOf(batch.map(({ connection }) => connection))
        .catch((error: unknown): ReadonlyMap<Connection, Peer> => {
          const { message } = toPlainError(error);
          if (!isReported) logger.error('The table of connections cannot be read', { reason: message });
          isReported = true;
          isRead = false;
          return new Map();
        });
      const end = performance.now();
      restUntil = end + Math.min(rest.mostMs, rest.times * (end - start));
      for (const one of batch) {
        const peer = found.get(one.connection);
        one.left -= 1;
        if (peer !== undefined || one.left === 0) one.resolve(peer, isRead);
        else waiting.push(one);
      }
    }
    isReading = false;
  };

  const ask = (connection: Connection, resolve: Waiting['resolve']) => {
    waiting.push({ connection, resolve, left: attempts });
    if (waiting.length >= rest.mostWaiting) endRest();
    if (!isReading) void readAll();
  };

  return {
    isChecked: true,
    peerOf: (connection) => new Promise((resolve) => ask(connection, resolve)),
    hasEnded: (connection) =>
      new Promise((resolve) => ask(connection, (peer, isRead) => resolve(isRead && peer === undefined))),
    listenerOf: (port) => table.listenerOf(port).catch(() => undefined),
    close: () => table.close(),
  };
}

/** Rejects unless the table shows a connection to ourselves as ours. */
async function prove(peers: Peers): Promise<void> {
  const server = createServer();
  let client: Socket | undefined;
  let accepted: Socket | undefined;
  try {
    const signal = AbortSignal.timeout(proofLimitMs);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true });
    await once(server, 'listening', { signal });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('there is no port to listen on');
    const { port } = address;
    client = connect({ host: '127.0.0.1', port });
    client.on('error', () => {});
    [accepted] = (await once(server, 'connection', { signal })) as [Socket];
    accepted.on('error', () => {});
    const { remotePort } = accepted;
    if (remotePort === undefined) throw new Error('a connection to itself ended');
    const peer = await peers.peerOf({ address: '127.0.0.1', clientPort: remotePort, port });
    if (peer?.kind !== 'own') throw new Error('a connection to itself is not shown as its own');
  } finally {
    client?.destroy();
    accepted?.destroy();
    server.close();
  }
}
