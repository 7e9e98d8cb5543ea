import type { Duplex } from 'node:stream';
import type { Clock } from '../parts.ts';
import { firstAnswer } from './first-flight.ts';

/** An API server closes a connection that stays silent for some 30 s. Discard a spare well before that. */
const spareLifeMs = 10_000;

/** The least time that a spare gets to answer a client's first bytes. A live one rarely takes longer. */
const leastPatienceMs = 250;

export type Dial = (signal: AbortSignal) => Promise<Duplex>;

/** Decides which connection a client uses. Calls `onSent` with the bytes that were sent for the client meanwhile. */
export type Settle = (remote: Duplex, client: Duplex, onSent: (bytes: number) => void) => Promise<Duplex>;

/**
 * Keeps one spare connection ready while a tunnel is in use: every kubectl command opens a new connection, and the
 * round trips before its own TLS (TCP, TLS, upgrade, SOCKS) are then already done. Keeps none while the tunnel is not
 * used. While one spare is in use the next one is opened, and replaces it if it does not answer.
 */
export function withSpare(options: {
  readonly clock: Clock;
  readonly dial: Dial;
  /** Called when the far end closed the spare, which may mean that other connections are lost too. */
  readonly onDropped: () => void;
  /** Returns true if a spare may be opened: not while everything reconnects at once. Always true where undefined. */
  readonly mayPrepare?: () => boolean;
}): {
  readonly dial: Dial;
  /**
   * Resolves at once with `remote`, the result of `dial`, if it was opened for this client. A spare may have died
   * unnoticed: in that case sends the client's first bytes, and resolves with the connection that answered them.
   * Rejects as `firstAnswer` does.
   */
  readonly settle: Settle;
  /** Discards the current spare: the network below it may have changed. */
  discard(): void;
  close(): void;
} {
  const { clock, dial, onDropped, mayPrepare = () => true } = options;
  let spare: Duplex | undefined;
  /** Spares that were handed out, and are not settled yet. */
  const kept = new WeakSet<Duplex>();
  let drop: (() => void) | undefined;
  let dialing: Promise<void> | undefined;
  /** The time that the last spare took to open, as a measure of the distance. */
  let dialMs = 0;
  const closing = new AbortController();

  const clear = () => {
    drop?.();
    drop = undefined;
    spare = undefined;
  };
  const discard = () => {
    const last = spare;
    clear();
    last?.destroy();
  };
  const make = async () => {
    const start = clock.now();
    try {
      const stream = await dial(closing.signal);
      if (closing.signal.aborted) {
        stream.destroy();
        return;
      }
      dialMs = clock.now() - start;
      const dropped = () => {
        discard();
        onDropped();
      };
      // An API server sends nothing before the client does: a readable stream has ended.
      const signs = ['readable', 'error', 'close'];
      const cancel = clock.timer(spareLifeMs, discard);
      for (const sign of signs) stream.once(sign, dropped);
      spare = stream;
      drop = () => {
        cancel();
        for (const sign of signs) stream.off(sign, dropped);
      };
    } catch {
      // Ignore the error: the next real connection will meet it and report it.
    } finally {
      dialing = undefined;
    }
  };
  const prepare = () => {
    if (spare === undefined && !closing.signal.aborted && mayPrepare()) dialing ??= make();
  };
  const take = (): Duplex | undefined => {
    const ready = spare;
    clear();
    return ready !== undefined && !ready.destroyed && ready.readable ? ready : undefined;
  };
  const takeNext = async (signal: AbortSignal): Promise<Duplex> => {
    await dialing;
    const stream = take() ?? (await dial(signal));
    prepare();
    return stream;
  };

  return {
    async dial(signal) {
      const ready = take();
      if (ready !== undefined) kept.add(ready);
      const stream = ready ?? (await dial(signal));
      prepare();
      return stream;
    },
    async settle(remote, client, onSent) {
      if (!kept.delete(remote)) return remote;
      const patienceMs = Math.max(leastPatienceMs, dialMs);
      const pair = { kept: remote, another: takeNext, patienceMs };
      return firstAnswer({ clock, client, ...pair, onSent, onDead: onDropped });
    },
    discard,
    close() {
      closing.abort();
      discard();
    },
  };
}
