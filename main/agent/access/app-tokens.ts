import { AppError } from '../../model/app-error.ts';
import { createSingleFlight } from '../async/single-flight.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import type { Answer } from './access.ts';
import type { AppInfo } from './app-info.ts';
import type { EndedSessions } from './ended-sessions.ts';
import { accessDenied, type Denial, exchangeOrgToken } from './exchange.ts';
import type { SessionFiles } from './session-files.ts';
import { issuerOf, parseToken, type Token, type TokenFiles } from './token-files.ts';

/** The tokens of applications: from memory, from `~/.cloudflared`, or exchanged for the organisation's token. */
export interface AppTokens {
  /** Gets a token without the user: memory, file, exchange. Resolves with undefined if only a login can help. */
  silent(app: AppInfo): Promise<Token | undefined>;
  /**
   * Exchanges the organisation's token for the application's. Callers at the same time share one exchange. Resolves
   * with undefined if there is no session that the organisation accepts. Rejects with `access-denied` or a network
   * code.
   */
  exchange(app: AppInfo): Promise<Token | undefined>;
  /**
   * Stores a token that was requested at `since`. Rejects with `access-login-needed` if the user has signed out since
   * then, with `access-login-failed` if it is not a token.
   */
  keep(app: AppInfo, jwt: string, since: SignOuts): Promise<Token>;
  /**
   * Returns a marker for `keep`: a token requested from now on is stored unless the user signs out of the organisation
   * meanwhile.
   */
  signOuts(authDomain: string): SignOuts;
  /** Removes a token that the edge no longer accepts, also from disk, unless another one has replaced it. */
  reject(app: AppInfo, token: Token): Promise<void>;
  /** Removes an organisation's tokens from memory, and invalidates the running requests. Returns the hostnames. */
  signOut(authDomain: string): readonly string[];
}

/** How often the user has signed out of an organisation. */
type SignOuts = number;

export function createAppTokens(options: {
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: TokenFiles;
  readonly sessions: SessionFiles;
  readonly ended: EndedSessions;
  readonly onAnswer: (answer: Answer) => void;
}): AppTokens {
  const { network, clock, logger, files, sessions, ended, onAnswer } = options;
  const memory = new Map<string, Token>();
  const exchanges = createSingleFlight<string, Token | undefined>();
  /** Applications whose token the edge refused before it expired: the whole session may have ended. */
  const doubtful = new Set<string>();
  const signedOut = new Map<string, SignOuts>();
  const signOuts = (authDomain: string) => signedOut.get(authDomain) ?? 0;

  const keep: AppTokens['keep'] = async (app, jwt, since) => {
    if (since !== signOuts(app.authDomain)) throw loginNeeded(app.hostname);
    const token = parseToken(jwt);
    if (token === undefined) {
      throw new AppError(
        'access-login-failed',
        `The edge gave a token for ${app.hostname} that is not a JWT.`,
        {
          hint: 'Try again; if it lasts, ask your Cloudflare Access administrator.',
        },
      );
    }
    await files.writeApp(app, jwt);
    memory.set(app.hostname, token);
    return token;
  };

  const exchangeNow = async (app: AppInfo): Promise<Token | undefined> => {
    const { hostname, authDomain } = app;
    const since = signOuts(authDomain);
    const org = await sessions.of(authDomain);
    if (org === undefined) return undefined;
    // When a session has ended, the tokens of all its applications are refused at once: ask once, instead of one
    // exchange for each.
    if (doubtful.delete(hostname) && (await ended.check(authDomain, org))) return undefined;
    const exchanged = await exchangeOrgToken({ network, clock, hostname, authDomain, orgJwt: org.jwt });
    const report = (denial: Denial | undefined) =>
      onAnswer({ hostname, session: { authDomain, email: org.email }, denial });
    switch (exchanged.kind) {
      case 'none':
        logger.info('The organisation token was not exchanged', { hostname });
        await ended.check(authDomain, org);
        return undefined;
      case 'denied':
        report(exchanged.denial);
        throw accessDenied(hostname, exchanged.denial.ray);
      case 'token':
        report(undefined);
        return keep(app, exchanged.jwt, since);
    }
  };
  const exchange = (app: AppInfo) => exchanges.share(app.hostname, () => exchangeNow(app));

  return {
    async silent(app) {
      const since = signOuts(app.authDomain);
      // Join it, also if it ends while the files are read: they may have been read before it wrote its token.
      const running = exchanges.has(app.hostname) ? exchange(app) : undefined;
      const [kept, org] = await Promise.all([files.readApp(app), sessions.of(app.authDomain)]);
      // Another program may have signed out, or another user signed in: the files say who is signed in now.
      const known = isOf(kept, org) ? kept : undefined;
      if (known === undefined) memory.delete(app.hostname);
      if (since !== signOuts(app.authDomain)) return undefined;
      if (known !== undefined && !endsSoon(known, clock)) {
        memory.set(app.hostname, known);
        return known;
      }
      const exchanged = running ?? exchange(app);
      // A failed renewal does no harm while the old token is valid.
      return known === undefined ? exchanged : ((await exchanged.catch(() => undefined)) ?? known);
    },
    exchange,
    keep,
    signOuts,
    async reject(app, token) {
      const { hostname } = app;
      doubtful.add(hostname);
      if (memory.get(hostname)?.jwt === token.jwt) memory.delete(hostname);
      if ((await files.readApp(app))?.jwt === token.jwt) await files.removeApp(app);
    },
    signOut(authDomain) {
      signedOut.set(authDomain, signOuts(authDomain) + 1);
      const hostnames = [...memory].flatMap(([hostname, { jwt }]) =>
        issuerOf(jwt) === authDomain ? [hostname] : [],
      );
      for (const hostname of hostnames) memory.delete(hostname);
      return hostnames;
    },
  };
}

/** Creates the error that asks for a login in the browser. */
export function loginNeeded(hostname: string, hadSession = true): AppError {
  const message = hadSession
    ? `Your session for ${hostname} has ended.`
    : `You are not signed in to Cloudflare Access for ${hostname}.`;
  return new AppError('access-login-needed', message, {
    hint: `${hadSession ? 'Connect again' : 'Connect it'} to sign in with the browser.`,
  });
}

/** Returns true if an application's token belongs to the user of this organisation session. */
function isOf(token: Token | undefined, session: Token | undefined): boolean {
  return session?.email === undefined || token?.email === undefined || token.email === session.email;
}

/** Returns true in the last fifth of a token's life, at most five minutes before it expires. It is renewed then. */
function endsSoon(token: Token, clock: Clock): boolean {
  const margin = Math.min(5 * 60_000, (token.expiresAt - token.issuedAt) / 5);
  return token.expiresAt - clock.now() < margin;
}
