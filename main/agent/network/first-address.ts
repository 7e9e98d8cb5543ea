import dns from 'node:dns';
import net from 'node:net';
import { errnoOf } from '../../model/app-error.ts';
import { abortable } from '../async/abortable.ts';

/** How long to wait for one address before the next one is tried beside it (RFC 8305, section 5 and 8). */
const attemptDelayMs = 250;
/** The system itself gives up after two minutes. The requests of SDKs, which have no signal, may have gone long before. */
const dialLimitMs = 15_000;

interface Address {
  readonly address: string;
  readonly family: number;
}

/**
 * Opens a TCP connection to the first address of a host that accepts one (Happy Eyeballs, RFC 8305). Node's own
 * (`autoSelectFamily`) gives up each address but the last after 250 ms: over a line with a longer round trip, a host whose
 * last address cannot be reached, IPv6 for example, cannot be reached at all.
 * Rejects with the system's error, with ETIMEDOUT after 15 s, or with the signal's reason. Closes the other sockets.
 */
export async function connectFirst(
  { host, port }: { readonly host: string; readonly port: number },
  options: {
    readonly signal?: AbortSignal | undefined;
    /** Replaced by tests. */
    readonly lookup?: (host: string) => Promise<readonly Address[]>;
    readonly connect?: (options: net.TcpNetConnectOpts) => net.Socket;
    readonly limitMs?: number;
  } = {},
): Promise<net.Socket> {
  const { signal, lookup = resolve, connect = net.connect, limitMs = dialLimitMs } = options;
  signal?.throwIfAborted();
  const found =
    net.isIP(host) === 0 ? lookup(host) : Promise.resolve([{ address: host, family: net.isIP(host) }]);
  const waiting = inTurn(await (signal === undefined ? found : abortable(found, signal)));
  const open = new Set<net.Socket>();
  let failure: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  const { promise, resolve: win, reject } = Promise.withResolvers<net.Socket>();
  const next = () => {
    clearTimeout(timer);
    const target = waiting.shift();
    if (target === undefined) return;
    const socket = connect({ host: target.address, port, noDelay: true });
    open.add(socket);
    // An `error` event without a listener ends the process, and a socket can fail between two owners.
    socket.on('error', () => {});
    const fail = (error: Error) => {
      open.delete(socket);
      if (failure === undefined || isUnroutable(failure)) failure = error;
      if (waiting.length > 0) next();
      else if (open.size === 0) reject(failure);
    };
    socket.once('error', fail).once('connect', () => {
      socket.off('error', fail);
      open.delete(socket);
      win(socket);
    });
    if (waiting.length > 0) timer = setTimeout(next, attemptDelayMs);
  };
  const overdue = Object.assign(new Error(`connect ETIMEDOUT ${host}:${port}`), { code: 'ETIMEDOUT' });
  const limit = setTimeout(() => reject(overdue), limitMs);
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  next();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearTimeout(limit);
    signal?.removeEventListener('abort', abort);
    for (const socket of open) socket.destroy();
  }
}

/** Resolves as Node does for a connection: without addresses of a family that this computer does not have. */
function resolve(host: string): Promise<readonly Address[]> {
  return dns.promises.lookup(host, { all: true, hints: process.platform === 'win32' ? 0 : dns.ADDRCONFIG });
}

/** Alternates between the families, the first one first (RFC 8305, section 4). */
function inTurn(addresses: readonly Address[]): Address[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
  return Array.from({ length: Math.max(first.length, others.length) }, (_, at) => [first[at], others[at]])
    .flat()
    .filter((address) => address !== undefined);
}

/** Returns true for an address that this computer has no route to: what another address answered says more. */
function isUnroutable(error: Error): boolean {
  return ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL'].includes(errnoOf(error) ?? '');
}
