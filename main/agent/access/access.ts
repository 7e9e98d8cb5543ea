import { AppError } from '../../model/app-error.ts';
import { abortable } from '../async/abortable.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import { type AppInfo, createAppInfo } from './app-info.ts';
import { createAppTokens, loginNeeded } from './app-tokens.ts';
import { createBrowserLogin } from './browser-login.ts';
import { createEndedSessions } from './ended-sessions.ts';
import type { Denial } from './exchange.ts';
import { createPolicyCheck } from './policy-check.ts';
import { failingChecks } from './posture.ts';
import { createSeenApplications } from './seen-applications.ts';
import type { ServiceToken } from './service-tokens.ts';
import { createSessionFiles } from './session-files.ts';
import { createTokenFiles, type Token } from './token-files.ts';

/** The login that a shell shows while the user is asked to log in. */
export interface LoginState {
  readonly authDomain: string;
  /** The login page, for a user whose browser did not open. */
  readonly url: string;
  readonly since: number;
  /** Set if no browser was opened. */
  readonly noBrowser?: true;
}

/** An organisation's session: while it lasts, no browser is needed. `endsAt` is ms since the epoch. */
export interface Session {
  readonly authDomain: string;
  readonly email: string | undefined;
  readonly endsAt: number;
}

/** A session that has ended: it expired, or its team revoked it. */
export interface EndedSession {
  readonly authDomain: string;
  readonly email: string | undefined;
  /** True if its team ended it before it expired. */
  readonly isRevoked: boolean;
}

/** Access's answer about an application and a user. */
export interface Answer {
  readonly hostname: string;
  readonly session: SessionOf;
  /** Undefined if the user has access. */
  readonly denial: Denial | undefined;
}

/** The organisation and the user of a session. */
export interface SessionOf {
  readonly authDomain: string;
  readonly email?: string | undefined;
}

export interface Access {
  /**
   * Resolves with the application token for a hostname: from memory or `~/.cloudflared`, renewed with the organisation
   * token shortly before it expires, or by a login in the browser if `interactive`. All callers of an organisation
   * share one login and one browser tab. Calls `onLogin` if this caller has to wait for it.
   * Rejects with `access-login-needed` (not interactive), `access-login-failed`, `access-login-timeout`,
   * `access-denied`, `access-no-application`, `access-app-info`, `access-foreign-team`, `cancelled` or a network code.
   */
  token(
    hostname: string,
    options: { readonly interactive: boolean; readonly signal: AbortSignal; readonly onLogin?: () => void },
  ): Promise<Token>;
  /**
   * Resolves with the service token that replaces the user's token at this application, if the organisation and this
   * computer have one. Rejects as `readServiceToken` does.
   */
  serviceToken(hostname: string): Promise<ServiceToken | undefined>;
  /** Removes a token that the edge no longer accepts, also from disk, unless another one has replaced it. */
  reject(hostname: string, token: Token): Promise<void>;
  /**
   * Checks without a browser whether the user has access: with a stored token, else by one exchange. Calls `onAnswer`
   * with Access's answer. Does not call it if there is none: no session of that organisation, a session that requires a
   * new login, or a host that is not beside an application of such an organisation. A token issued before `after` (ms
   * since the epoch) proves nothing, because the policy denied the user at that time. Awaits `turn` before anything is
   * sent. Rejects with the codes of an application's description and of the network.
   */
  ask(
    hostname: string,
    options: { readonly after: number; readonly turn: () => Promise<void> },
  ): Promise<void>;
  /** Reports the result of a connection to `onAnswer`. */
  report(hostname: string, denial: Denial | undefined): Promise<void>;
  /** Resolves with the posture checks that the user's device fails. Rejects with network codes. */
  failingChecks(authDomain: string): Promise<readonly string[]>;
  /** Returns the logins that wait for the user now. */
  logins(): readonly LoginState[];
  /**
   * Resolves with the organisations that have a session in `~/.cloudflared`, and those whose session has ended without
   * the user having signed out.
   */
  sessions(): Promise<{ readonly sessions: readonly Session[]; readonly ended: readonly EndedSession[] }>;
  /** Returns the organisation of an application that this agent has seen. */
  teamOf(hostname: string): string | undefined;
  /**
   * Resolves with the organisations that have a stored token, expired or not, and those whose applications this agent
   * has seen.
   */
  organisations(): Promise<{ readonly kept: readonly string[]; readonly seen: readonly string[] }>;
  /**
   * Signs in to an organisation through one of its applications: the first of `hostnames` that is one. Renews a session
   * that is still valid. Asks the hosts
   * beside its known applications first, and others only for the team that the organisation's configuration names.
   * Rejects with `not-found` if there is none, else as `token` does.
   */
  login(
    authDomain: string,
    options: { readonly hostnames: readonly string[]; readonly signal: AbortSignal },
  ): Promise<void>;
  /**
   * Removes every token of an organisation from memory and from `~/.cloudflared`, and cancels a login that waits.
   * Resolves with the names of the files, and the hostnames whose tokens were removed.
   */
  signOut(
    authDomain: string,
  ): Promise<{ readonly files: readonly string[]; readonly hostnames: readonly string[] }>;
  /** Cancels waiting logins. */
  close(): void;
}

export function createAccess(options: {
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `~/.cloudflared` */
  readonly folder: string;
  readonly openUrl: (url: string) => Promise<void>;
  readonly onLogins: (logins: readonly LoginState[]) => void;
  /** Called with a message for the user when a login waits for another program's. */
  readonly onHeld?: (message: string) => void;
  readonly onAnswer?: (answer: Answer) => void;
  /** Called once when an organisation has ended the session before it expired. */
  readonly onSessionEnded?: (authDomain: string) => void;
  /** The only team domain to sign in to, if the organisation's configuration names one. */
  readonly team?: () => string | undefined;
  readonly serviceToken?: (hostname: string) => Promise<ServiceToken | undefined>;
}): Access {
  const { network, clock, team = () => undefined, onAnswer = () => {} } = options;
  const apps = createAppInfo(options);
  const files = createTokenFiles(options);
  const ended = createEndedSessions({ network, clock, onEnded: (team) => options.onSessionEnded?.(team) });
  const sessions = createSessionFiles({ files, clock, ended });
  const seen = createSeenApplications(files);
  const tokens = createAppTokens({ ...options, files, sessions, ended, onAnswer });
  const browser = createBrowserLogin({ ...options, files, tokens });
  const serviceToken = async (hostname: string) => options.serviceToken?.(hostname);
  /** The organisation of each application that was connected. */
  const teams = new Map<string, string>();

  /** Finds one of the organisation's applications to sign in through. */
  const findApp = async (authDomain: string, hostnames: readonly string[], signal: AbortSignal) => {
    const near = await seen.beside(hostnames, [authDomain]);
    // If the organisation names its team, the first sign-in has only the tags to go by.
    const others = team() === authDomain ? hostnames.filter((one) => !near.includes(one)) : [];
    for (const hostname of [...near, ...others]) {
      const found: AppInfo | undefined = await abortable(
        apps.find(hostname).catch(() => undefined),
        signal,
      );
      if (found?.authDomain === authDomain) return found;
    }
    return seen.of(authDomain);
  };

  return {
    async token(hostname, { interactive, signal, onLogin }) {
      const app = await abortable(apps.find(hostname), signal);
      seen.add(app);
      teams.set(hostname, app.authDomain);
      const quick = await abortable(tokens.silent(app), signal);
      if (quick !== undefined) return quick;
      if (!interactive) throw loginNeeded(hostname, (await files.teams()).includes(app.authDomain));
      // The next application gets its token from the same login by exchange, so a second round is enough. But a login
      // for another application may leave this one with a policy that requires its own.
      for (let round = 0; round < 2; round++) {
        onLogin?.();
        await browser.wait(app, signal);
        const token = await abortable(tokens.silent(app), signal);
        if (token !== undefined) return token;
      }
      throw new AppError('access-login-failed', `The login gave no access to ${hostname}.`, {
        hint: 'Your account may have no access to this cluster: ask its owner or your Access administrator.',
      });
    },
    serviceToken,
    reject: async (hostname, token) => tokens.reject(await apps.find(hostname), token),
    ...createPolicyCheck({ apps, files, sessions, seen, tokens, serviceToken, team, onAnswer }),
    async failingChecks(authDomain) {
      const org = await sessions.of(authDomain);
      return org === undefined ? [] : failingChecks({ network, authDomain, orgJwt: org.jwt });
    },
    logins: browser.list,
    sessions: sessions.list,
    teamOf: (hostname) => teams.get(hostname),
    organisations: async () => ({ kept: await files.teams(), seen: seen.teams() }),
    async login(authDomain, { hostnames, signal }) {
      const app = await findApp(authDomain, hostnames, signal);
      if (app === undefined)
        throw new AppError('not-found', `No cluster that you can reach belongs to ${authDomain}.`, {
          hint: 'Run `k8s-tunnels discover`, or connect a cluster: the sign-in begins automatically.',
        });
      seen.add(app);
      await browser.wait(app, signal, { renews: (await sessions.of(authDomain)) !== undefined });
    },
    async signOut(authDomain) {
      const hostnames = tokens.signOut(authDomain);
      browser.abandon(authDomain);
      return { files: await files.removeAll(authDomain), hostnames };
    },
    close: browser.close,
  };
}
