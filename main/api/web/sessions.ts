import type { Clock } from '../../agent/parts.ts';
import { type Nonces, randomWord, type Secret, sessionAfter } from './proof.ts';

/** How long an address can be redeemed. */
const addressLifetimeMs = 5 * 60_000;
/** Ends a session whose page has had no connection for this long (a closed tab). A reload takes less. */
const awayLimitMs = 15 * 60_000;
/** Ends a session whose page has sent nothing for this long. */
const idleLimitMs = 12 * 3_600_000;
const lookEveryMs = 60_000;
/** The most addresses that wait to be redeemed. A new one replaces the oldest. */
const addressLimit = 16;

/** A page's session with the window, kept in memory. Ends with `serve` at the latest. */
export interface Session {
  /**
   * Registers an open connection, which the session's end closes with `end`. Returns a function that unregisters it.
   */
  enter(end: () => void): () => void;
  /** Records that the page sent something. */
  touch(): void;
  /** True if the session has reached an agent before. */
  hasBegun: boolean;
}

/** Decides who may see the window. An address opens one session, once and within its time limit. */
export interface Sessions {
  /** Issues a new address and returns its secret. */
  issue(): Secret;
  /** Returns the secret that a page claims to have, while it is valid. */
  find(claim: Pick<Secret, 'kind' | 'id'>): Secret | undefined;
  /**
   * Resolves with the session of a page that has proven `secret`. This redeems an address. Resolves with undefined if
   * the address was redeemed, or the session ended, in the meantime.
   */
  open(secret: Secret, nonces: Nonces): Promise<Session | undefined>;
  isOpen(session: Session): boolean;
  /** Ends every session. Keeps addresses that were not redeemed. */
  end(): void;
  /** Ends every session and stops the timers. */
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
      // Do not await in between: of two pages with the same address, only one may get a session.
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
