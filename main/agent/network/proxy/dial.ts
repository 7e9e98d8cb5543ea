import net from 'node:net';
import tls from 'node:tls';
import { AppError, errnoOf } from '../../../model/app-error.ts';
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
  const socket = openSocket(proxy);
  // Handle errors after the owner is gone: an `error` event without a listener ends the process.
  socket.on('error', () => {});
  const overdue = new AppError(
    'timeout',
    `The proxy ${addressOf(proxy)} did not answer within ${limitMs / 1000} s.`,
    {
      hint: `Check your network connection, ${proxy.variable} and NO_PROXY.`,
      retryable: true,
    },
  );
  const timeout = setTimeout(() => socket.destroy(overdue), limitMs);
  const abort = () => socket.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await connected(socket, proxy);
    await (proxy.kind === 'socks5' ? requestSocks : requestConnect)(socket, proxy, target);
    return socket;
  } catch (error) {
    socket.destroy();
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    clearTimeout(timeout);
    signal?.removeEventListener('abort', abort);
  }
}

function connected(socket: net.Socket, proxy: ProxyServer): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error | undefined) =>
      reject(cause instanceof AppError ? cause : unreachable(proxy, cause));
    const closed = () => fail(undefined);
    socket.once(proxy.kind === 'https' ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail).off('close', closed);
      resolve();
    });
    socket.once('error', fail).once('close', closed);
  });
}

function unreachable(proxy: ProxyServer, cause: Error | undefined): AppError {
  return new AppError(
    'network-unreachable',
    `The proxy ${addressOf(proxy)} cannot be reached (${errnoOf(cause) ?? 'connection closed'}).`,
    { hint: `Check your network connection, ${proxy.variable} and NO_PROXY.`, retryable: true, cause },
  );
}

/** Returns a socket that connects to the proxy itself. */
export function openSocket({ kind, host, port }: ProxyServer): net.Socket {
  // A server name is never an address (RFC 6066, section 3).
  if (kind === 'https') return tls.connect({ host, port, servername: net.isIP(host) === 0 ? host : '' });
  return net.connect({ host, port });
}
