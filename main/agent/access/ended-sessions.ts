import { createExpiring } from '../async/expiring.ts';
import { tokenBytes } from '../network/limits.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import { userAgent } from '../version.ts';
import type { Token } from './token-files.ts';

/** How long the team's word that a session lasts counts: what many tunnels meet at once is asked once. */
const lastsForMs = 5_000;

/** Sessions that their team ended before the time that the token names: revoked, or the user was signed out there. */
export interface EndedSessions {
  has(authDomain: string, session: Token): boolean;
  /**
   * Asks the team whether it still knows the session; who asks meanwhile shares the answer. False where the team gives
   * none. Never rejects.
   */
  check(authDomain: string, session: Token): Promise<boolean>;
}

export function createEndedSessions(options: {
  readonly network: Network;
  readonly clock: Clock;
  /** Called once for each session. */
  readonly onEnded: (authDomain: string) => void;
}): EndedSessions {
  const { network, clock, onEnded } = options;
  /** By team domain, the token: another login brings another one. */
  const ended = new Map<string, string>();
  const answers = createExpiring<string, boolean>(clock);

  const has: EndedSessions['has'] = (authDomain, { jwt }) => ended.get(authDomain) === jwt;

  const ask = async (authDomain: string, session: Token): Promise<boolean> => {
    const isOver = await isRefused({ network, authDomain, orgJwt: session.jwt }).catch(() => false);
    if (!isOver || has(authDomain, session)) return isOver;
    ended.set(authDomain, session.jwt);
    onEnded(authDomain);
    return true;
  };

  return {
    has,
    async check(authDomain, session) {
      if (has(authDomain, session)) return true;
      return answers.get(authDomain, {
        make: () => ask(authDomain, session),
        lifeMs: () => lastsForMs,
        from: session.jwt,
      });
    },
  };
}

/**
 * The team's `/cdn-cgi/access/get-identity` answers whose session the cookie `CF_Authorization` is; without one that it
 * accepts, it refuses (`{"err":"no app token set"}`) or leads to the login. Overload and faults say nothing.
 */
async function isRefused(options: {
  readonly network: Network;
  readonly authDomain: string;
  readonly orgJwt: string;
}): Promise<boolean> {
  const { network, authDomain, orgJwt } = options;
  const { status } = await network.request(new URL(`https://${authDomain}/cdn-cgi/access/get-identity`), {
    headers: { 'user-agent': userAgent, cookie: `CF_Authorization=${orgJwt}` },
    timeoutMs: 5_000,
    maxBytes: tokenBytes,
  });
  return status >= 300 && status < 500 && status !== 408 && status !== 429;
}
