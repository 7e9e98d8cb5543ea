import type { Duplex } from 'node:stream';
import type { Clock } from '../parts.ts';

/** An API server closes a connection that stays silent for some 30 s; a spare is given up well before. */
const spareLifeMs = 10_000;

export type Dial = (signal: AbortSignal) => Promise<Duplex>;

/**
 * Keeps one connection ready while a tunnel is in use: every kubectl command opens a new connection, and three round
 * trips (TCP, TLS, upgrade) are then already done. Nothing is kept when the tunnel is not used.
 */
export function withSpare(options: { readonly clock: Clock; readonly dial: Dial }): {
  readonly dial: Dial;
  close(): void;
} {
  const { clock, dial } = options;
  let spare: Duplex | undefined;
  let drop: (() => void) | undefined;
  let dialing = false;
  const closing = new AbortController();

  const forget = () => {
    drop?.();
    drop = undefined;
    spare = undefined;
  };
  const prepare = async () => {
    if (dialing || spare !== undefined || closing.signal.aborted) return;
    dialing = true;
    try {
      const stream = await dial(closing.signal);
      const end = () => {
        if (spare === stream) forget();
        stream.destroy();
      };
      const cancel = clock.timer(spareLifeMs, end);
      stream.once('error', end);
      stream.once('close', end);
      spare = stream;
      drop = () => {
        cancel();
        stream.off('error', end);
        stream.off('close', end);
      };
    } catch {
      // The next real connection will find out and say why.
    } finally {
      dialing = false;
    }
  };

  return {
    async dial(signal) {
      const ready = spare;
      forget();
      const stream = ready !== undefined && !ready.destroyed && ready.readable ? ready : await dial(signal);
      void prepare();
      return stream;
    },
    close() {
      closing.abort();
      const last = spare;
      forget();
      last?.destroy();
    },
  };
}
