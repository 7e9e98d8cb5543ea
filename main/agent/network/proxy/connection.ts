import type net from 'node:net';
import { connectFirst } from '../first-address.ts';
import { networkError } from '../network-error.ts';
import { unusable } from './agents.ts';
import { dialThroughProxy } from './dial.ts';
import type { Routes, Target } from './routes.ts';

/**
 * Opens a TCP connection to a host, through its proxy if there is one, ready for TLS. Closes its socket if it rejects, with
 * `network-unreachable`, `network-proxy`, `timeout` or the signal's reason.
 */
export async function openConnection(options: {
  readonly routes: Routes;
  readonly target: Target;
  readonly signal: AbortSignal;
}): Promise<net.Socket> {
  const { routes, target, signal } = options;
  signal.throwIfAborted();
  const route = routes.route('https', target);
  if (route.kind === 'unusable') throw unusable(route.variable);
  if (route.kind === 'proxy') {
    const socket = await dialThroughProxy({ proxy: route.proxy, target, signal });
    socket.setNoDelay(true);
    return socket;
  }
  try {
    return await connectFirst(target, { signal });
  } catch (cause) {
    throw signal.aborted ? signal.reason : networkError({ host: `${target.host}:${target.port}` }, cause);
  }
}
