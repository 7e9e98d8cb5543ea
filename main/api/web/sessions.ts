import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../agent/parts.ts';

/** How long a token waits to be spent, ms. */
export const tokenLifetimeMs = 5 * 60_000;

/**
 * Who may see the window: a token, handed to the person in an address, opens one session, once and soon. Kept in
 * memory, and only as digests.
 */
export interface Sessions {
  /** A new token. Secret. */
  issue(): string;
  /** Spends a token. Answers the new session's id (secret), or undefined for one that is unknown, spent or too old. */
  redeem(token: string): string | undefined;
  isOpen(session: string): boolean;
}

export function createSessions(clock: Pick<Clock, 'now'>): Sessions {
  const tokens = new Map<string, number>();
  const open = new Set<string>();
  // Looking up a digest tells nothing of the secret by how long it takes.
  const digest = (secret: string) => createHash('sha256').update(secret).digest('hex');
  const secret = () => randomBytes(32).toString('base64url');
  return {
    issue() {
      const token = secret();
      tokens.set(digest(token), clock.now());
      return token;
    },
    redeem(token) {
      const issuedAt = tokens.get(digest(token));
      tokens.delete(digest(token));
      if (issuedAt === undefined || clock.now() - issuedAt > tokenLifetimeMs) return undefined;
      const session = secret();
      open.add(digest(session));
      return session;
    },
    isOpen: (session) => open.has(digest(session)),
  };
}
