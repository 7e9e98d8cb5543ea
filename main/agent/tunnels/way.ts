import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import { type ApiServer, secondsText } from './api-connection.ts';
import type { Connector, Passed } from './connector.ts';
import { startDeadline } from './deadline.ts';
import { connectThroughSocks } from './socks-origin.ts';

/** What leads to a cluster's API. */
export interface Way {
  readonly connector: Connector;
  readonly origin: 'socks' | 'tcp';
  readonly server: ApiServer;
}

/**
 * Opens one connection to the API server, all the way to the origin, and calls `passed` for each stage. Rejects as
 * `Connector.dial` and `connectThroughSocks` do, with `timeout` after `limitMs`.
 */
export async function dialOrigin(options: {
  readonly way: Way;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly passed: Passed | undefined;
}): Promise<Duplex> {
  const { way, clock, signal, limitMs, passed } = options;
  const { connector, server } = way;
  const limit = startDeadline(clock, limitMs, signal);
  let stream: Duplex | undefined;
  try {
    // The limit holds whatever a connector does with its signal.
    const dialing = connector.dial({ signal: limit.signal, passed });
    stream = await orAborted(dialing, limit.signal, (late) => late.destroy());
    if (way.origin === 'socks') await orAborted(connectThroughSocks(stream, server.target), limit.signal);
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

/** Resolves as `work` does, or rejects when the signal aborts first: `late` is then given what the work still yields. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal, late?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      if (late !== undefined) work.then(late, () => {});
    };
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}
