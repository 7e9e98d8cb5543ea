import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import { type Dial, type Settle, withSpare } from './spare.ts';

/** Dials for the clients of one tunnel, and keeps a spare connection ready for the next one. */
export interface ClientDial {
  readonly dial: Dial;
  readonly settle: Settle;
  /** Discards the current spare: the network below it may have changed. */
  discard(): void;
  /** Keeps no spare until the next client connects. */
  close(): void;
}

export function createClientDial(options: {
  readonly clock: Clock;
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  /** Resolves when the tunnel is open, or will not open. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /**
   * Called when the first client finds that the session has ended. Resolves when the tunnel has failed with that error.
   */
  readonly onSessionEnded: (error: AppError, signal: AbortSignal) => Promise<void>;
  /** How long a connection may take before it counts as trouble, ms. */
  readonly slowMs: () => number;
  readonly onSlow: () => void;
  /** A client's connection was opened. */
  readonly onReached: () => void;
  /** A connection broke. */
  readonly onDropped: () => void;
  /** Returns true if a spare may be opened. */
  readonly mayPrepare: () => boolean;
}): ClientDial {
  const { clock, dial, ready, onSessionEnded, slowMs, onSlow, onReached, onDropped, mayPrepare } = options;
  let spare: ReturnType<typeof withSpare> | undefined;

  const dialOnce: Dial = async (signal) => {
    const cancel = clock.timer(slowMs(), onSlow);
    try {
      const stream = await dial(signal);
      // A stream that fails between two owners needs an error listener.
      stream.once('dropped', onDropped).on('error', () => {});
      onReached();
      return stream;
    } finally {
      cancel();
    }
  };

  return {
    /**
     * A connection waits until the tunnel is open if it finds it closed or still opening. The first connection that
     * finds the session ended waits too, and so do those after it.
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
