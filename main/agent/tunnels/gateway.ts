import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { Admission, ProxyCredentials, Target } from './admission.ts';
import { admit } from './admit.ts';
import { endGently, watchForEnd } from './client-end.ts';
import type { FailedClient } from './client-failures.ts';
import { listenError } from './listen-error.ts';
import { connectionOf, ownPeer, portOf } from './own-peer.ts';
import type { Peer } from './peers/peer-table.ts';
import type { Peers } from './peers/peers.ts';
import type { Settle } from './spare.ts';
import { watchStalls } from './stalls.ts';
import type { Unproven } from './unproven.ts';

export interface Gateway {
  readonly port: number;
  /** Returns the connections that are open now, and the bytes that passed since the start. */
  traffic(): { readonly connections: number; readonly sent: number; readonly received: number };
  /**
   * Closes every connection that is up. Connections that wait for the tunnel keep waiting, and the port keeps
   * listening.
   */
  cut(): void;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}

/**
 * Why a client was rejected: it belongs to another account, its password is wrong, it speaks TLS to the proxy, or it
 * supports no password, so that the entry's form does not serve it.
 */
export type RefusalReason = 'account' | 'password' | 'tls' | 'form';

export interface Refusal {
  readonly reason: RefusalReason;
  /** The client's peer, if it is known. */
  readonly peer: Peer | undefined;
}

const handshakeTimeoutMs = 10_000;
/** How long a client that has sent no password may take to send one. */
const unservedMs = 10_000;
/** The accept backlog. When a burst of connections fills it, the system drops those of other clients for seconds. */
const backlog = 4_096;

/**
 * The local end of a tunnel: one port on 127.0.0.1 that speaks SOCKS5 with user and password (RFC 1928, 1929) and HTTP
 * CONNECT with Basic authentication, and connects to nothing but the cluster's API. If the client's account can be
 * determined, only the account of this agent gets an answer.
 * Rejects with `port-busy` if the port is in use, with `port-failed` if it cannot be opened for another reason.
 */
export function openGateway(options: {
  readonly port: number;
  /** Read for each connection: the credentials can be replaced while the port is open. */
  readonly credentials: ProxyCredentials;
  /** Read for each connection: discovery may find another target while the tunnel is closed. */
  readonly target: Target;
  readonly peers: Peers;
  readonly unproven: Unproven;
  /** Opens a connection to the target through the tunnel. Opens the tunnel first if it is closed. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  /**
   * Decides at the client's first bytes which connection to use, as `withSpare` does. The dialed one where undefined.
   */
  readonly settle?: Settle;
  /** A connection received its first bytes. */
  readonly onServed?: () => void;
  /** The far end cut an open connection, or a connection could not be opened. */
  readonly onTrouble: (error: unknown) => void;
  /** A client is rejected. The answer to a wrong password waits for this. Never rejects. */
  readonly onRefused: (refusal: Refusal) => Promise<void>;
  /** How often to check a connection that makes no progress, ms. */
  readonly stallLookMs?: number;
  /** Returns why no client is connected now, although it has the password. Undefined: they are. */
  readonly closedBy?: (() => AppError | undefined) | undefined;
  /** The connection of an admitted client has failed. The proxy's error answer waits for this. Never rejects. */
  readonly onFailed?: ((client: FailedClient) => Promise<void>) | undefined;
}): Promise<Gateway> {
  const { dial, onTrouble, onRefused, onFailed = async () => {}, peers, unproven } = options;
  const { settle = async (remote) => remote, onServed = () => {}, closedBy = () => undefined } = options;
  const open = new Set<Socket>();
  const established = new Set<Socket>();
  let sent = 0;
  let received = 0;
  let admitted = 0;
  /** Reports a client that has sent no password, unless one with a password follows: some wait until they are asked. */
  const noteUnserved = (peer: Peer | undefined) => {
    const before = admitted;
    // It may have ended when it is reported.
    const found = peer?.kind === 'own' ? peer.process().catch(() => undefined) : undefined;
    const seen = found === undefined ? peer : ({ kind: 'own', process: () => found } as const);
    const report = () => void (admitted === before && onRefused({ reason: 'form', peer: seen }));
    setTimeout(report, unservedMs).unref();
  };

  const serve = async (client: Socket): Promise<void> => {
    const isProven = unproven.add(options.port, client);
    const timeout = setTimeout(() => client.destroy(), handshakeTimeoutMs);
    let admission: Admission | undefined;
    let own: Peer | undefined;
    try {
      const peer = await ownPeer(client, { port: portOf(server), peers, onRefused });
      if (peer === 'refused') return;
      own = peer;
      admission = await admit(client, {
        credentials: options.credentials,
        target: options.target,
        onWrongPassword: () => onRefused({ reason: 'password', peer }),
        onTls: () => onRefused({ reason: 'tls', peer }),
        onNoPassword: () => noteUnserved(peer),
      });
    } finally {
      clearTimeout(timeout);
    }
    // A rejected client still counts until it has closed.
    if (admission === undefined) return endGently(client);
    isProven();
    admitted += 1;
    const reason = closedBy();
    if (reason !== undefined) {
      await onFailed({ error: reason, peer: own, isCut: false });
      admission.refuse(reason);
      return endGently(client);
    }
    const gone = new AbortController();
    const stopWatching = watchForEnd(client, () => gone.abort());
    let dialed: Duplex;
    try {
      dialed = await dial(gone.signal);
    } catch (error) {
      if (!gone.signal.aborted) {
        onTrouble(error);
        await onFailed({ error, peer: own, isCut: false });
        admission.refuse(
          error instanceof AppError
            ? error
            : new AppError('internal', 'The tunnel failed.', { cause: error }),
        );
      }
      return endGently(client);
    } finally {
      stopWatching();
    }
    if (gone.signal.aborted || closedBy() !== undefined) {
      dialed.destroy();
      client.destroy();
      return;
    }
    admission.accept();
    established.add(client);
    client.once('close', () => established.delete(client));
    const remote = await settled(dialed, client, own);
    if (remote === undefined) return endGently(client);
    carry(client, remote, own);
  };

  /** Pipes the two into each other until both ends are done. */
  const carry = (client: Socket, remote: Duplex, own: Peer | undefined): void => {
    remote.once('data', onServed).on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    client.on('data', (chunk: Buffer) => {
      sent += chunk.length;
    });
    // Not `pipeline`, which destroys a client before it has read everything that came before a failure.
    remote.pipe(client);
    client.pipe(remote);
    let noted: Promise<void> = Promise.resolve();
    remote.on('error', (error) => {
      // Ignore a client that disconnects, but report an edge that does.
      if (!(error instanceof AppError)) return;
      onTrouble(error);
      noted = onFailed({ error, peer: own, isCut: true });
    });
    remote.once('close', () => void noted.then(() => endGently(client)));
    client.once('close', (isBroken) => {
      established.delete(client);
      // A far end that accepts nothing accepts no close message either. After an orderly end, what the client sent may
      // still go out.
      remote.destroy(isBroken && remote.writableNeedDrain ? new Error('The client has gone.') : undefined);
    });
    const connection = connectionOf(client, portOf(server));
    watchStalls({
      client,
      remote,
      moved: () => client.bytesRead + client.bytesWritten,
      isHeld: async () => connection === undefined || !(await peers.hasEnded(connection)),
      lookEveryMs: options.stallLookMs,
    });
  };

  /** Resolves with the client's final connection, or with undefined if there is none, which was reported. */
  const settled = async (dialed: Duplex, client: Socket, peer: Peer | undefined) => {
    try {
      const remote = await settle(dialed, client, (bytes) => {
        sent += bytes;
      });
      if (!client.destroyed && !remote.destroyed) return remote;
      remote.destroy();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'cancelled') {
        onTrouble(error);
        await onFailed({ error, peer, isCut: true });
      }
    }
    return undefined;
  };

  const socketOptions = { noDelay: true, allowHalfOpen: true, highWaterMark: 256 * 1024 };
  // Paused: read nothing of a client into memory before its account is known.
  const server = createServer({ ...socketOptions, pauseOnConnect: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    client.on('error', () => {});
    serve(client).catch(() => client.destroy());
  });
  return new Promise((resolve, reject) => {
    // Later errors belong to a connection that could not be accepted, for example with too many open files: the port
    // stays open.
    server.on('error', (cause) => reject(listenError(options.port, cause)));
    server.listen({ host: '127.0.0.1', port: options.port, exclusive: true, backlog }, () => {
      resolve({
        port: portOf(server),
        traffic: () => ({ connections: open.size, sent, received }),
        cut() {
          for (const client of established) client.destroy();
        },
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const client of open) client.destroy();
          }),
      });
    });
  });
}
