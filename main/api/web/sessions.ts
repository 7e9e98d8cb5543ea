import type { Clock } from '../../agent/parts.ts';
import { type Nonces, randomWord, type Secret, sessionAfter } from './proof.ts';

/** How long an address can be redeemed, ms. */
const addressLifetimeMs = 5 * 60_000;
/** A session ends when its page has had no connection for so long: a tab that was closed. A reload takes less. */
const awayLimitMs = 15 * 60_000;
/** A session ends when its page has sent nothing for so long. */
const idleLimitMs = 12 * 3_600_000;
const lookEveryMs = 60_000;
/** Addresses that wait to be redeemed; the oldest makes room. */
const addressLimit = 16;

/** One page's admission to the window, kept in memory: it ends with `serve` at the latest. */
export interface Session {
  /** A connection was opened; `end` closes it when the session ends. The returned function reports it closed. */
  enter(end: () => void): () => void;
  /** The page sent something. */
  touch(): void;
  /** Whether it has reached an agent before. */
  hasBegun: boolean;
}

/** Who may see the window: an address that is handed to the user opens one session, once and soon. */
export interface Sessions {
  /** A new address's secret. */
  issue(): Secret;
  /** The secret that a page says it holds, while it can be used. */
  find(claim: Pick<Secret, 'kind' | 'id'>): Secret | undefined;
  /**
   * The session of a page that has proven `secret`; an address is spent by that. Resolves with undefined where it was
   * spent or ended meanwhile.
   */
  open(secret: Secret, nonces: Nonces): Promise<Session | undefined>;
  isOpen(session: Session): boolean;
  /** Ends every session. Addresses that were not redeemed stay. */
  end(): void;
  /** Ends every session and stops looking after them. */
  close(): void;
}

interface Held extends Session {
  readonly secret: Secret;
  readonly connections: Set<() => void>;
  leftAt: number;
  usedAt: number;
}

export function createSessions(clock: Pick<Clock, 'now' | 'timer'>): Sessions {
  const addresses = new Map<string, { readonly secret: Secret; readonly issuedAt: number }>();
  const sessions = new Map<string, Held>();

  const isOver = ({ connections, leftAt, usedAt }: Held) =>
    clock.now() - usedAt > idleLimitMs || (connections.size === 0 && clock.now() - leftAt > awayLimitMs);
  const drop = (held: Held) => {
    sessions.delete(held.secret.id);
    for (const end of [...held.connections]) end();
  };
  const dropOver = () => {
    for (const [id, { issuedAt }] of addresses)
      if (clock.now() - issuedAt > addressLifetimeMs) addresses.delete(id);
    for (const held of [...sessions.values()]) if (isOver(held)) drop(held);
  };
  const endAll = () => {
    for (const held of [...sessions.values()]) drop(held);
  };
  let stop = () => {};
  const lookAgain = () => {
    stop = clock.timer(lookEveryMs, () => {
      dropOver();
      lookAgain();
    });
  };
  lookAgain();

  const begin = (secret: Secret): Session => {
    const connections = new Set<() => void>();
    const held: Held = {
      secret,
      connections,
      leftAt: clock.now(),
      usedAt: clock.now(),
      hasBegun: false,
      enter(end) {
        connections.add(end);
        return () => {
          connections.delete(end);
          held.leftAt = clock.now();
        };
      },
      touch() {
        held.usedAt = clock.now();
      },
    };
    sessions.set(secret.id, held);
    return held;
  };

  return {
    issue() {
      dropOver();
      const secret: Secret = { kind: 'address', id: randomWord(8), key: randomWord() };
      const [oldest] = addresses.keys();
      if (addresses.size >= addressLimit && oldest !== undefined) addresses.delete(oldest);
      addresses.set(secret.id, { secret, issuedAt: clock.now() });
      return secret;
    },
    find({ kind, id }) {
      dropOver();
      return (kind === 'address' ? addresses : sessions).get(id)?.secret;
    },
    async open(secret, nonces) {
      if (secret.kind === 'session') return sessions.get(secret.id);
      const next = await sessionAfter(secret, nonces);
      // No step in between: of two pages with the same address one gets in.
      return addresses.delete(secret.id) ? begin(next) : undefined;
    },
    isOpen: (session) => [...sessions.values()].some((held) => held === session),
    end: endAll,
    close() {
      stop();
      endAll();
    },
  };
}
