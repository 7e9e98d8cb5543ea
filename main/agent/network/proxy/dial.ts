import net from 'node:net';
import tls from 'node:tls';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import { connectFirst } from '../first-address.ts';
import { networkError } from '../network-error.ts';
import { addressOf, requestConnect } from './connect-request.ts';
import type { ProxyServer, Target } from './routes.ts';
import { requestSocks } from './socks-request.ts';

/** The time limit for a proxy, from the first packet to its answer. */
const dialLimitMs = 15_000;

/**
 * Opens a connection to `target` through `proxy`, ready for the first byte to the target. Every step ends with `signal`
 * and after 15 s. Closes its socket if it rejects.
 * Rejects with `network-proxy`, `network-unreachable`, `timeout`, or the signal's reason.
 */
export async function dialThroughProxy(options: {
  readonly proxy: ProxyServer;
  readonly target: Target;
  readonly signal?: AbortSignal | undefined;
  readonly limitMs?: number;
}): Promise<net.Socket> {
  const { proxy, target, signal, limitMs = dialLimitMs } = options;
  signal?.throwIfAborted();
  const ending = new AbortController();
  const abort = () => ending.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const overdue = new AppError(
    'timeout',
    `The proxy ${addressOf(proxy)} did not answer within ${limitMs / 1000} s.`,
    {
      hint: `Check your network connection, ${proxy.variable} and NO_PROXY.`,
      retryable: true,
    },
  );
  const timeout = setTimeout(() => ending.abort(overdue), limitMs);
  let socket: net.Socket | undefined;
  ending.signal.addEventListener('abort', () => socket?.destroy(ending.signal.reason as Error));
  try {
    socket = await openSocket(proxy, { signal: ending.signal });
    await connected(socket, proxy);
    await (proxy.kind === 'socks5' ? requestSocks : requestConnect)(socket, proxy, target);
    return socket;
  } catch (error) {
    socket?.destroy();
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    clearTimeout(timeout);
    signal?.removeEventListener('abort', abort);
  }
}

/** Waits for TLS to the proxy, where it speaks TLS. */
function connected(socket: net.Socket, proxy: ProxyServer): Promise<void> | undefined {
  if (proxy.kind !== 'https') return undefined;
  return new Promise((resolve, reject) => {
    const fail = (cause: Error | undefined) =>
      reject(cause instanceof AppError ? cause : unreachable(proxy, cause));
    const closed = () => fail(undefined);
    socket.once('secureConnect', () => {
      socket.off('error', fail).off('close', closed);
      resolve();
    });
    socket.once('error', fail).once('close', closed);
  });
}

function unreachable(proxy: ProxyServer, cause: unknown): AppError {
  const errno = errnoOf(cause) ?? '';
  if (proxy.kind === 'https' && (errno.startsWith('ERR_SSL_') || errno === 'EPROTO'))
    return new AppError('network-proxy', `The proxy ${addressOf(proxy)} does not speak TLS (${errno}).`, {
      hint: `Write http:// in place of https:// in ${proxy.variable}: it says how the proxy itself is reached.`,
      retryable: true,
      cause,
    });
  // Its certificate has the same causes and cures as that of any host.
  const known = networkError({ host: addressOf(proxy) }, cause);
  if (known.code === 'network-untrusted') return known;
  return new AppError(
    'network-unreachable',
    `The proxy ${addressOf(proxy)} cannot be reached (${errnoOf(cause) ?? 'connection closed'}).`,
    { hint: `Check your network connection, ${proxy.variable} and NO_PROXY.`, retryable: true, cause },
  );
}

/** Opens a connection to the proxy itself; TLS may not be done yet. Rejects with `network-unreachable`. */
export async function openSocket(
  proxy: ProxyServer,
  options: Parameters<typeof connectFirst>[1] = {},
): Promise<net.Socket> {
  const { kind, host } = proxy;
  const socket = await connectFirst(proxy, options).catch((cause: unknown) => {
    throw options.signal?.aborted === true ? options.signal.reason : unreachable(proxy, cause);
  });
  if (kind !== 'https') return socket;
  // A server name is never an address (RFC 6066, section 3).
  const secure = tls.connect({ socket, servername: net.isIP(host) === 0 ? host : '' });
  // An `error` event without a listener ends the process, and this one's owner may be gone.
  return secure.on('error', () => {});
}
