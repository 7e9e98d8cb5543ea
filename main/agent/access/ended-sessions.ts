import { createExpiring } from '../async/expiring.ts';
import { tokenBytes } from '../network/limits.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import { userAgent } from '../version.ts';
import { edgeAnswer, isOverloaded, stoppedByEdge } from './edge-answer.ts';
import type { Token } from './token-files.ts';

/** How long to trust the team's answer that a session is valid: many tunnels then share one request. */
const lastsForMs = 5_000;

/** Sessions that their team ended before the token expired: revoked, or the user signed out there. */
export interface EndedSessions {
  has(authDomain: string, session: Token): boolean;
  /**
   * Asks the team whether the session has ended. Callers at the same time share the answer. Resolves with false if the
   * team gives none. Never rejects.
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
  /** The token of each ended session by team domain: a new login brings another token. */
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
 * Returns true if the team's `/cdn-cgi/access/get-identity` rejects the session. It returns the user of the cookie
 * `CF_Authorization`; without a cookie that it accepts, it refuses (`{"err":"no app token set"}`) or redirects to the
 * login. Overload, server errors and what answers in the team's place prove nothing.
 */
async function isRefused(options: {
  readonly network: Network;
  readonly authDomain: string;
  readonly orgJwt: string;
}): Promise<boolean> {
  const { network, authDomain, orgJwt } = options;
  const url = new URL(`https://${authDomain}/cdn-cgi/access/get-identity`);
  const answer = await network.request(url, {
    headers: { 'user-agent': userAgent, cookie: `CF_Authorization=${orgJwt}` },
    timeoutMs: 5_000,
    maxBytes: tokenBytes,
  });
  const { status, headers } = answer;
  if (status < 300 || isOverloaded(status) || stoppedByEdge(authDomain, edgeAnswer(answer))) return false;
  // A web filter that inspects TLS redirects to its own page.
  const { location } = headers;
  return status > 399 || (location !== undefined && URL.parse(location, url)?.host === authDomain);
}
