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

/** The tokens of applications: in memory, in `~/.cloudflared`, or exchanged for the organisation's. */
export interface AppTokens {
  /** Without a person: memory, file, exchange. Undefined when only a login can help. */
  silent(app: AppInfo): Promise<Token | undefined>;
  /**
   * Exchanges the organisation's token for the application's; who asks meanwhile shares it. Undefined where there is no
   * session that the organisation accepts. Rejects with `access-denied` or a network code.
   */
  exchange(app: AppInfo): Promise<Token | undefined>;
  /**
   * Keeps a token that was asked for `since`. Rejects with `access-login-needed` where the user has signed out since,
   * with `access-login-failed` where it is no token.
   */
  keep(app: AppInfo, jwt: string, since: SignOuts): Promise<Token>;
  /** What is asked for from now on is kept unless the user signs out of the organisation meanwhile. */
  signOuts(authDomain: string): SignOuts;
  /** The edge does not accept this token any more: forgets it, also on disk, unless another has replaced it. */
  reject(app: AppInfo, token: Token): Promise<void>;
  /** Forgets what is in memory of an organisation and what is asked for now. Answers the hostnames. */
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
  /** Applications whose token the edge refused before its time: perhaps the whole session is over. */
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
    // Where a session has ended, the tokens of all its applications are refused at once: one question instead of an
    // exchange for each.
    if (doubtful.delete(hostname) && (await ended.check(authDomain, org))) return undefined;
    const exchanged = await exchangeOrgToken({ network, clock, hostname, authDomain, orgJwt: org.jwt });
    const tell = (denial: Denial | undefined) =>
      onAnswer({ hostname, session: { authDomain, email: org.email }, denial });
    switch (exchanged.kind) {
      case 'none':
        logger.info('The organisation token was not exchanged', { hostname });
        await ended.check(authDomain, org);
        return undefined;
      case 'denied':
        tell(exchanged.denial);
        throw accessDenied(hostname, exchanged.denial.ray);
      case 'token':
        tell(undefined);
        return keep(app, exchanged.jwt, since);
    }
  };
  const exchange = (app: AppInfo) => exchanges.share(app.hostname, () => exchangeNow(app));

  return {
    async silent(app) {
      const since = signOuts(app.authDomain);
      const [kept, org] = await Promise.all([files.readApp(app), sessions.of(app.authDomain)]);
      // Another program may have signed out, or another user in: the files say who is signed in now.
      const known = isOf(kept, org) ? kept : undefined;
      if (known === undefined) memory.delete(app.hostname);
      if (since !== signOuts(app.authDomain)) return undefined;
      if (known !== undefined && !endsSoon(known, clock)) {
        memory.set(app.hostname, known);
        return known;
      }
      const exchanged = exchange(app);
      // A renewal that fails is no harm while the old token holds.
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

/** What is needed is a login in the browser. */
export function loginNeeded(hostname: string, hadSession = true): AppError {
  const message = hadSession
    ? `Your session for ${hostname} has ended.`
    : `You are not signed in to Cloudflare Access for ${hostname}.`;
  return new AppError('access-login-needed', message, {
    hint: `${hadSession ? 'Connect again' : 'Connect it'} to sign in with the browser.`,
  });
}

/** Whether an application's token is of the user whose session of the organisation this is. */
function isOf(token: Token | undefined, session: Token | undefined): boolean {
  return session?.email === undefined || token?.email === undefined || token.email === session.email;
}

/** A token is renewed in the last fifth of its life, five minutes before its end at most. */
function endsSoon(token: Token, clock: Clock): boolean {
  const margin = Math.min(5 * 60_000, (token.expiresAt - token.issuedAt) / 5);
  return token.expiresAt - clock.now() < margin;
}
