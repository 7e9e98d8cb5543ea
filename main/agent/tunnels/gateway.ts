import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, errnoOf } from '../app-error.ts';
import type { Admission, ProxyCredentials, Target } from './admission.ts';
import { answerHttpConnect } from './http-connect.ts';
import { answerSocks } from './socks-server.ts';

export interface Gateway {
  readonly port: number;
  /** Connections open now, and the bytes that passed since the start. */
  traffic(): { readonly connections: number; readonly sent: number; readonly received: number };
  /** Ends every connection that stands; one that waits for the tunnel goes on waiting, and the port listens on. */
  cut(): void;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

const handshakeTimeoutMs = 10_000;
/** How long a client may take to close its side after ours. */
const lingerMs = 5_000;

/**
 * The local end of a tunnel: one port on 127.0.0.1 that speaks SOCKS5 with user and password (RFC 1928, 1929) and
 * HTTP CONNECT with Basic authentication, and connects to nothing but the cluster's API.
 * Rejects with `port-busy` when the port is taken.
 */
export function openGateway(options: {
  readonly port: number;
  readonly credentials: ProxyCredentials;
  /** Read anew for each connection: a listing may tell another while the tunnel is closed. */
  readonly target: Target;
  /** Opens a connection to the target through the tunnel, and first the tunnel itself where that is closed. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  /** A connection that stood was cut by the other side, or could not be opened. */
  readonly onTrouble: (error: unknown) => void;
}): Promise<Gateway> {
  const { port, credentials, dial, onTrouble } = options;
  const open = new Set<Socket>();
  const standing = new Set<Socket>();
  let sent = 0;
  let received = 0;

  const serve = async (client: Socket): Promise<void> => {
    const timeout = setTimeout(() => client.destroy(), handshakeTimeoutMs);
    let admission: Admission | undefined;
    try {
      admission = await admit(client, { credentials, target: options.target });
    } finally {
      clearTimeout(timeout);
    }
    if (admission === undefined) return endGently(client);
    const gone = new AbortController();
    const stopWatching = watchForEnd(client, () => gone.abort());
    let remote: Duplex;
    try {
      remote = await dial(gone.signal);
    } catch (error) {
      if (!gone.signal.aborted) {
        admission.refuse(
          error instanceof AppError
            ? error
            : new AppError('internal', 'The tunnel failed.', { cause: error }),
        );
        onTrouble(error);
      }
      return endGently(client);
    } finally {
      stopWatching();
    }
    if (gone.signal.aborted) {
      remote.destroy();
      client.destroy();
      return;
    }
    admission.accept();
    standing.add(client);
    remote.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    client.on('data', (chunk: Buffer) => {
      sent += chunk.length;
    });
    // Not `pipeline`, which destroys a client that has not taken yet all that came before a failure.
    remote.pipe(client);
    client.pipe(remote);
    remote.on('error', (error) => {
      // A client that goes away is nothing to look into; an edge that does is.
      if (error instanceof AppError) onTrouble(error);
    });
    remote.once('close', () => endGently(client));
    client.once('close', () => {
      standing.delete(client);
      remote.destroy();
    });
  };

  const server = createServer({ noDelay: true, allowHalfOpen: true, highWaterMark: 256 * 1024 }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    client.on('error', () => {});
    serve(client).catch(() => client.destroy());
  });
  return new Promise((resolve, reject) => {
    // Also later ones, of a connection that cannot be accepted: too many files are open, perhaps.
    server.on('error', (cause) => reject(listenError(port, cause)));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
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

/**
 * Lets out what is left and waits a moment for the client's own end: to close earlier would take back what it has not
 * read yet.
 */
function endGently(client: Socket): void {
  client.end(() => {
    const linger = setTimeout(() => client.destroy(), lingerMs);
    linger.unref();
    client.once('close', () => clearTimeout(linger));
  });
  client.resume();
}

/** Calls back when a client that nobody reads from goes away. The answer ends it. */
function watchForEnd(client: Socket, ended: () => void): () => void {
  const look = () => {
    // An end shows only where it is read for; bytes that came early stay where they are.
    if (client.readableLength === 0) client.read(0);
  };
  client.on('readable', look).once('end', ended).once('close', ended);
  look();
  return () => client.off('readable', look).off('end', ended).off('close', ended);
}

/** Tells the protocol by its first byte and speaks it. Undefined when the client was turned away. */
async function admit(
  client: Socket,
  rules: { readonly credentials: ProxyCredentials; readonly target: Target },
): Promise<Admission | undefined> {
  const first = await firstByte(client);
  if (first === undefined) return undefined;
  return first === 5 ? answerSocks(client, rules) : answerHttpConnect(client, rules);
}

function firstByte(client: Socket): Promise<number | undefined> {
  return new Promise((resolve) => {
    const look = () => {
      const chunk = client.read() as Buffer | null;
      if (chunk === null) return;
      client.off('readable', look);
      client.unshift(chunk);
      resolve(chunk[0]);
    };
    client.on('readable', look);
    client.once('end', () => resolve(undefined));
    client.once('close', () => resolve(undefined));
    look();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

function listenError(port: number, cause: Error): AppError {
  const errno = errnoOf(cause);
  return new AppError(
    'port-busy',
    `Port ${port} on 127.0.0.1 cannot be used (${errno ?? 'unknown error'}).`,
    {
      hint: 'Another program may listen there: close it, or let k8s-tunnels take the next free port.',
      retryable: true,
      cause,
    },
  );
}
