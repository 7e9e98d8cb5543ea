import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { abortable } from '../async/abortable.ts';
import type { Clock, Logger } from '../parts.ts';
import { type ApiServer, secondsText } from './api-connection.ts';
import type { Connector, Passed } from './connector.ts';
import { startDeadline } from './deadline.ts';
import { type LocalPort, type Ports, tlsPortId } from './ports.ts';
import { connectThroughSocks } from './socks-origin.ts';

/** The time limit for opening one connection to the origin. */
export const dialTimeoutMs = 8_000;

/** The connector and server through which a cluster's API is reached. */
export interface Way {
  readonly connector: Connector;
  /** What is behind the connector. With `https` it is the edge, which passes on requests. */
  readonly origin: 'socks' | 'tcp' | 'https';
  readonly server: ApiServer;
}

/** Returns a way that reports whether each of its connections was opened. One that was given up counts as neither. */
export function withDialsCounted(
  way: Way,
  onDialed: ((result: 'opened' | 'failed') => void) | undefined,
): Way {
  if (onDialed === undefined) return way;
  const { connector } = way;
  return {
    ...way,
    connector: {
      ...connector,
      async dial(options) {
        try {
          const stream = await connector.dial(options);
          onDialed('opened');
          return stream;
        } catch (error) {
          if (!options.signal.aborted) onDialed('failed');
          throw error;
        }
      },
    },
  };
}

/**
 * Opens one connection to the API server, all the way to the origin, and calls `passed` for each stage. Rejects as
 * `Connector.dial` and `connectThroughSocks` do, with `timeout` after `limitMs`.
 */
export async function dialOrigin(options: {
  readonly way: Way;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `dialTimeoutMs` where undefined. */
  readonly limitMs?: number;
  readonly passed?: Passed;
}): Promise<Duplex> {
  const { way, clock, signal, limitMs = dialTimeoutMs, passed } = options;
  const { connector, server } = way;
  const limit = startDeadline(clock, limitMs, signal);
  let stream: Duplex | undefined;
  try {
    // Enforce the limit, whether or not the connector honours its signal.
    const dialing = connector.dial({ signal: limit.signal, passed });
    const reason = () => limit.signal.reason;
    stream = await abortable(dialing, limit.signal, { reason, late: (late) => late.destroy() });
    if (way.origin === 'https') return stream;
    if (way.origin === 'tcp') {
      passed?.('origin');
      return stream;
    }
    const { target, otherHost } = server;
    try {
      await abortable(connectThroughSocks(stream, target), limit.signal, { reason });
    } catch (cause) {
      if (otherHost === undefined || limit.signal.aborted) throw cause;
      // The far end may not resolve a private name. A refused SOCKS connection cannot be used again.
      stream.destroy();
      const again = connector.dial({ signal: limit.signal });
      stream = await abortable(again, limit.signal, { reason, late: (late) => late.destroy() });
      await abortable(connectThroughSocks(stream, { ...target, host: otherHost }), limit.signal, { reason })
        // The first name is the one that the user knows.
        .catch(() => Promise.reject(limit.signal.aborted ? reason() : cause));
    }
    passed?.('origin');
    return stream;
  } catch (cause) {
    stream?.destroy();
    if (!limit.hasPassed() || signal.aborted) throw cause;
    throw new AppError(
      'timeout',
      `${server.target.host} could not be reached through the tunnel within ${secondsText(limitMs)}.`,
      {
        hint: 'Check your network connection.',
        retryable: true,
        cause,
      },
    );
  } finally {
    limit.cancel();
  }
}

/**
 * Returns true if clients connect to a port of the tunnel: not if they reach the API themselves, and not if only the local
 * TLS proxy does, as with a web application.
 */
export function hasPort({ connector, origin }: Way): boolean {
  return connector.kind() !== 'direct' && origin !== 'https';
}

/** Returns the address on which clients reach a cluster, once it listens: of a web application, its local TLS proxy's. */
export function localPortOf(options: {
  readonly way: Way;
  readonly id: ClusterId;
  readonly ports: Pick<Ports, 'known'>;
  /** True if the tunnel's own port listens. */
  readonly isListening: boolean;
}): LocalPort | undefined {
  const { way, id, ports, isListening } = options;
  if (way.origin === 'https') return ports.known(tlsPortId(id));
  return hasPort(way) && isListening ? ports.known(id) : undefined;
}

/**
 * Closes what the connector holds. Never rejects: a connector that cannot close must not keep its tunnel from closing.
 */
export async function closeConnector({ connector }: Way, logger: Logger, cluster: ClusterId): Promise<void> {
  try {
    await connector.close?.();
  } catch (error) {
    logger.warn('A connector did not close', { cluster, error: String(error) });
  }
}
