import type { Duplex } from 'node:stream';
import type { Clock } from '../parts.ts';
import { firstAnswer } from './first-flight.ts';

/** An API server closes a connection that stays silent for some 30 s; a spare is given up well before. */
const spareLifeMs = 10_000;

/** The least time that a spare is given to answer a client's first bytes: over that, one that is alive is rare. */
const leastPatienceMs = 250;

export type Dial = (signal: AbortSignal) => Promise<Duplex>;

/** Decides which connection carries a client. `onSent` is told of what was sent for it meanwhile. */
export type Settle = (remote: Duplex, client: Duplex, onSent: (bytes: number) => void) => Promise<Duplex>;

/**
 * Keeps one connection ready while a tunnel is in use: every kubectl command opens a new connection, and the round
 * trips before its own TLS (TCP, TLS, upgrade, SOCKS) are then already done. Nothing is kept when the tunnel is not
 * used. While one is in use the next is made, and takes its place where it does not answer.
 */
export function withSpare(options: {
  readonly clock: Clock;
  readonly dial: Dial;
  /** The other side closed the spare, and so perhaps more than that. */
  readonly onDropped: () => void;
  /** Whether one may be made: not while everything is being dialed at once. Always where undefined. */
  readonly mayPrepare?: () => boolean;
}): {
  readonly dial: Dial;
  /**
   * Resolves with `remote`, which `dial` gave, at once where it was made for this client. One that was kept ready may
   * have died unseen: then the client's first bytes are sent, and it resolves with the connection that answered them.
   * Rejects as `firstAnswer`.
   */
  readonly settle: Settle;
  /** Gives up the spare that is there: the network below it may have changed. */
  discard(): void;
  close(): void;
} {
  const { clock, dial, onDropped, mayPrepare = () => true } = options;
  let spare: Duplex | undefined;
  /** Handed out, and not settled yet. */
  const kept = new WeakSet<Duplex>();
  let drop: (() => void) | undefined;
  let dialing: Promise<void> | undefined;
  /** How long the last one took to make, which tells of the distance. */
  let dialMs = 0;
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
      dialing = undefined;
    }
  };
  const prepare = () => {
    if (spare === undefined && !closing.signal.aborted && mayPrepare()) dialing ??= make();
  };
  const take = (): Duplex | undefined => {
    const ready = spare;
    forget();
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
