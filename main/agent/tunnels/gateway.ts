import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { Admission, ProxyCredentials, Target } from './admission.ts';
import { admit } from './admit.ts';
import { endGently, watchForEnd } from './client-end.ts';
import type { FailedClient } from './client-failures.ts';
import { listenError } from './listen-error.ts';
import type { Connection, Peer } from './peers/peer-table.ts';
import type { Peers } from './peers/peers.ts';
import type { Settle } from './spare.ts';
import { watchStalls } from './stalls.ts';
import type { Unproven } from './unproven.ts';

export interface Gateway {
  readonly port: number;
  /** Connections open now, and the bytes that passed since the start. */
  traffic(): { readonly connections: number; readonly sent: number; readonly received: number };
  /** Ends every connection that stands; one that waits for the tunnel goes on waiting, and the port listens on. */
  cut(): void;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** Why a client was turned away: it is another account's, its password is wrong, or it speaks TLS to the proxy. */
export type RefusalReason = 'account' | 'password' | 'tls';

export interface Refusal {
  readonly reason: RefusalReason;
  /** Who the client is, where that is known. */
  readonly peer: Peer | undefined;
}

const handshakeTimeoutMs = 10_000;
/** Connections that wait to be accepted: a crowd that fills them makes the system drop those of others, for seconds. */
const backlog = 4_096;

/**
 * The local end of a tunnel: one port on 127.0.0.1 that speaks SOCKS5 with user and password (RFC 1928, 1929) and
 * HTTP CONNECT with Basic authentication, and connects to nothing but the cluster's API. Where the client's account can
 * be told, only this agent's own gets an answer at all.
 * Rejects with `port-busy` when the port is taken, with `port-failed` when it cannot be opened for another reason.
 */
export function openGateway(options: {
  readonly port: number;
  /** Read for each connection: it can be replaced while the port is open. */
  readonly credentials: ProxyCredentials;
  /** Read for each connection: discovery may find another one while the tunnel is closed. */
  readonly target: Target;
  readonly peers: Peers;
  readonly unproven: Unproven;
  /** Opens a connection to the target through the tunnel, and first the tunnel itself where that is closed. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  /** Decides at the client's first bytes which connection carries it, as of `withSpare`. The dialed one where undefined. */
  readonly settle?: Settle;
  /** A connection brought its first bytes. */
  readonly onServed?: () => void;
  /** A connection that stood was cut by the other side, or could not be opened. */
  readonly onTrouble: (error: unknown) => void;
  /** A client is turned away; the answer to a wrong password waits for it. Never rejects. */
  readonly onRefused: (refusal: Refusal) => Promise<void>;
  /** How often a connection on which nothing moves is looked at. */
  readonly stallLookMs?: number;
  /** The connection of a client that may pass has failed; a refusal waits for it. Never rejects. */
  readonly onFailed?: ((client: FailedClient) => Promise<void>) | undefined;
}): Promise<Gateway> {
  const { dial, onTrouble, onRefused, onFailed = async () => {}, peers, unproven } = options;
  const { settle = async (remote) => remote, onServed = () => {} } = options;
  const open = new Set<Socket>();
  const standing = new Set<Socket>();
  let sent = 0;
  let received = 0;

  /** The client's peer when its account may pass; else it is turned away without an answer. */
  const ownPeer = async (client: Socket): Promise<Peer | undefined | 'refused'> => {
    if (!peers.isChecked) return undefined;
    const connection = connectionOf(client, portOf(server));
    const peer = connection && (await peers.peerOf(connection));
    if (peer?.kind === 'own' && !client.destroyed) return peer;
    // Not closed but reset, which leaves nothing of it in the table of connections.
    client.resetAndDestroy();
    if (peer?.kind === 'other') void onRefused({ reason: 'account', peer });
    return 'refused';
  };

  const serve = async (client: Socket): Promise<void> => {
    const isProven = unproven.add(options.port, client);
    const timeout = setTimeout(() => client.destroy(), handshakeTimeoutMs);
    let admission: Admission | undefined;
    let own: Peer | undefined;
    try {
      const peer = await ownPeer(client);
      if (peer === 'refused') return;
      own = peer;
      admission = await admit(client, {
        credentials: options.credentials,
        target: options.target,
        onWrongPassword: () => onRefused({ reason: 'password', peer }),
        onTls: () => onRefused({ reason: 'tls', peer }),
      });
    } finally {
      clearTimeout(timeout);
    }
    // One that was turned away still counts until it has closed.
    if (admission === undefined) return endGently(client);
    isProven();
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
    if (gone.signal.aborted) {
      dialed.destroy();
      client.destroy();
      return;
    }
    admission.accept();
    standing.add(client);
    client.once('close', () => standing.delete(client));
    const remote = await settled(dialed, client, own);
    if (remote === undefined) return endGently(client);
    carry(client, remote, own);
  };

  /** Joins the two, each way and to the end of both. */
  const carry = (client: Socket, remote: Duplex, own: Peer | undefined): void => {
    remote.once('data', onServed).on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    client.on('data', (chunk: Buffer) => {
      sent += chunk.length;
    });
    // Not `pipeline`, which destroys a client that has not taken yet all that came before a failure.
    remote.pipe(client);
    client.pipe(remote);
    let noted: Promise<void> = Promise.resolve();
    remote.on('error', (error) => {
      // A client that goes away is nothing to look into; an edge that does is.
      if (!(error instanceof AppError)) return;
      onTrouble(error);
      noted = onFailed({ error, peer: own, isCut: true });
    });
    remote.once('close', () => void noted.then(() => endGently(client)));
    client.once('close', (isBroken) => {
      standing.delete(client);
      // Where the far end accepts nothing, it accepts no goodbye either; what a client sent before an orderly end may
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

  /** The connection that carries the client, once it is certain; undefined where none does, which was reported. */
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
  // Paused: nothing of a client is read into memory before its account is known.
  const server = createServer({ ...socketOptions, pauseOnConnect: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    client.on('error', () => {});
    serve(client).catch(() => client.destroy());
  });
  return new Promise((resolve, reject) => {
    // Later ones are those of a connection that could not be accepted, as when too many files are open: the port stays.
    server.on('error', (cause) => reject(listenError(options.port, cause)));
    server.listen({ host: '127.0.0.1', port: options.port, exclusive: true, backlog }, () => {
      resolve({
        port: portOf(server),
        traffic: () => ({ connections: open.size, sent, received }),
        cut() {
          for (const client of standing) client.destroy();
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

/** As the table of connections shows it; undefined when the client has closed it already. */
function connectionOf(client: Socket, port: number): Connection | undefined {
  const { remoteAddress: address, remotePort: clientPort } = client;
  return address === undefined || clientPort === undefined ? undefined : { address, clientPort, port };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}
