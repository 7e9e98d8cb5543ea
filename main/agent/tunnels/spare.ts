import type { Duplex } from 'node:stream';
import type { Clock } from '../parts.ts';

/** An API server closes a connection that stays silent for some 30 s; a spare is given up well before. */
const spareLifeMs = 10_000;

export type Dial = (signal: AbortSignal) => Promise<Duplex>;

/**
 * Keeps one connection ready while a tunnel is in use: every kubectl command opens a new connection, and three round
 * trips (TCP, TLS, upgrade) are then already done. Nothing is kept when the tunnel is not used.
 */
export function withSpare(options: {
  readonly clock: Clock;
  readonly dial: Dial;
  /** The other side closed the spare, and so perhaps more than that. */
  readonly onDropped: () => void;
}): {
  readonly dial: Dial;
  /** Gives up the spare that is there: the network below it may have changed. */
  discard(): void;
  close(): void;
} {
  const { clock, dial, onDropped } = options;
  let spare: Duplex | undefined;
  let drop: (() => void) | undefined;
  let dialing = false;
  const closing = new AbortController();

  const forget = () => {
    drop?.();
    drop = undefined;
    spare = undefined;
  };
  const discard = () => {
    const last = spare;
    forget();
    last?.destroy();
  };
  const prepare = async () => {
    if (dialing || spare !== undefined || closing.signal.aborted) return;
    dialing = true;
    try {
      const stream = await dial(closing.signal);
      if (closing.signal.aborted) {
        stream.destroy();
        return;
      }
      const dropped = () => {
        discard();
        onDropped();
      };
      // An API server says nothing before it is spoken to: what can be read is the end.
      const signs = ['readable', 'error', 'close'];
      const cancel = clock.timer(spareLifeMs, discard);
      for (const sign of signs) stream.once(sign, dropped);
      spare = stream;
      drop = () => {
        cancel();
        for (const sign of signs) stream.off(sign, dropped);
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
    discard,
    close() {
      closing.abort();
      discard();
    },
  };
}
