import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import { type Dial, type Settle, withSpare } from './spare.ts';

/** Dials for the clients of one tunnel, a spare connection ready for the next. */
export interface ClientDial {
  readonly dial: Dial;
  readonly settle: Settle;
  /** Gives up the spare that is there: the network below it may have changed. */
  discard(): void;
  /** Keeps no spare until the next client comes. */
  close(): void;
}

export function createClientDial(options: {
  readonly clock: Clock;
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  /** Resolves when the tunnel is open, or is not to be. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** The session has ended, as the first client finds: resolves when the tunnel has failed with that. */
  readonly onSessionEnded: (error: AppError, signal: AbortSignal) => Promise<void>;
  /** How long a connection may take before that is trouble. */
  readonly slowMs: () => number;
  readonly onSlow: () => void;
  /** A client got through. */
  readonly onReached: () => void;
  /** A connection broke. */
  readonly onDropped: () => void;
  /** Whether a spare may be made. */
  readonly mayPrepare: () => boolean;
}): ClientDial {
  const { clock, dial, ready, onSessionEnded, slowMs, onSlow, onReached, onDropped, mayPrepare } = options;
  let spare: ReturnType<typeof withSpare> | undefined;

  const dialOnce: Dial = async (signal) => {
    const cancel = clock.timer(slowMs(), onSlow);
    try {
      const stream = await dial(signal);
      // What fails between two owners must find somebody who listens.
      stream.once('dropped', onDropped).on('error', () => {});
      onReached();
      return stream;
    } finally {
      cancel();
    }
  };

  return {
    /**
     * A connection that finds the tunnel closed, or opening still, waits until it is open; and so does the first one
     * that finds the session ended, as those do that come after it.
     */
    async dial(signal) {
      for (let isAgain = false; ; isAgain = true) {
        await ready(signal);
        spare ??= withSpare({ clock, dial: dialOnce, onDropped, mayPrepare });
        try {
          return await spare.dial(signal);
        } catch (error) {
          const isEnded = error instanceof AppError && error.code === 'access-login-needed';
          if (!isEnded || isAgain || signal.aborted) throw error;
          await onSessionEnded(error, signal);
        }
      }
    },
    settle: async (remote, client, onSent) => spare?.settle(remote, client, onSent) ?? remote,
    discard: () => spare?.discard(),
    close() {
      spare?.close();
      spare = undefined;
    },
  };
}
