import type { Clock } from '../parts.ts';
import type { EndedSession, Session } from './access.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { Token, TokenFiles } from './token-files.ts';

/** A session of Access lasts a month at most: one that ended longer ago is nobody's any more. */
const endedForMs = 31 * 24 * 3_600_000;

/** The sessions of organisations, as `~/.cloudflared` says. */
export interface SessionFiles {
  /** The organisation token, unless the organisation does not accept it any more. */
  of(authDomain: string): Promise<Token | undefined>;
  /** The organisation tokens that last. */
  lasting(): Promise<readonly { readonly authDomain: string; readonly token: Token }[]>;
  /** Those that last, and those that are over and that the user has not signed out of. */
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
