import type { Clock } from '../parts.ts';
import type { EndedSession, Session } from './access.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { Token, TokenFiles } from './token-files.ts';

/** An Access session lasts a month at most: ignore those that ended longer ago. */
const endedForMs = 31 * 24 * 3_600_000;

/** The sessions of organisations in `~/.cloudflared`. */
export interface SessionFiles {
  /** Resolves with the organisation token, unless the organisation no longer accepts it. */
  of(authDomain: string): Promise<Token | undefined>;
  /** Resolves with the organisation tokens that are valid. */
  lasting(): Promise<readonly { readonly authDomain: string; readonly token: Token }[]>;
  /** Resolves with the valid sessions, and with those that have ended without the user having signed out. */
  list(): Promise<{ readonly sessions: readonly Session[]; readonly ended: readonly EndedSession[] }>;
}

export function createSessionFiles(options: {
  readonly files: TokenFiles;
  readonly clock: Clock;
  readonly ended: EndedSessions;
}): SessionFiles {
  const { files, clock, ended } = options;
  return {
    async of(authDomain) {
      const org = await files.readOrg(authDomain);
      return org === undefined || ended.has(authDomain, org) ? undefined : org;
    },
    lasting: async () =>
      (await files.orgs()).filter(({ authDomain, token }) => !ended.has(authDomain, token)),
    async list() {
      const sessions: Session[] = [];
      const over: EndedSession[] = [];
      for (const { authDomain, token } of await files.orgs({ ended: true })) {
        const { email, expiresAt: endsAt } = token;
        const age = clock.now() - endsAt;
        const isRevoked = age < 0 && ended.has(authDomain, token);
        if (age < 0 && !isRevoked) sessions.push({ authDomain, email, endsAt });
        else if (age < endedForMs) over.push({ authDomain, email, isRevoked });
      }
      return { sessions, ended: over };
    },
  };
}
