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

/** What a shell shows while a person is asked to log in. */
export interface LoginState {
  readonly authDomain: string;
  /** For a person whose browser did not open. */
  readonly url: string;
  readonly since: number;
  /** None opened. */
  readonly noBrowser?: true;
}

/** An organisation's session: while it lasts, no browser is needed. `endsAt` is ms since the epoch. */
export interface Session {
  readonly authDomain: string;
  readonly email: string | undefined;
  readonly endsAt: number;
}

/** A session that is over: its time has passed, or its team ended it before. */
export interface EndedSession {
  readonly authDomain: string;
  readonly email: string | undefined;
  /** Its team ended it before its time. */
  readonly isRevoked: boolean;
}

/** What Access said of an application and a person. */
export interface Answer {
  readonly hostname: string;
  readonly session: SessionOf;
  /** Undefined: admitted. */
  readonly denial: Denial | undefined;
}

/** Whose session of which organisation. */
export interface SessionOf {
  readonly authDomain: string;
  readonly email?: string | undefined;
}

export interface Access {
  /**
   * The application token for a host name: from memory or `~/.cloudflared`, renewed by the organisation token shortly
   * before it ends, or by a login in the browser when `interactive`. Every caller of an organisation shares one login
   * and one browser tab; `onLogin` is told when this caller has to wait for it.
   * Rejects with `access-login-needed` (not interactive), `access-login-failed`, `access-login-timeout`,
   * `access-denied`, `access-no-application`, `access-app-info`, `access-foreign-team`, `cancelled` or a network code.
   */
  token(
    hostname: string,
    options: { readonly interactive: boolean; readonly signal: AbortSignal; readonly onLogin?: () => void },
  ): Promise<Token>;
  /**
   * What is shown to this application in place of a person's token, where the organisation and this computer have one.
   * Rejects as `readServiceToken` does.
   */
  serviceToken(hostname: string): Promise<ServiceToken | undefined>;
  /** The edge does not accept this token any more: forget it, also on disk, unless another has replaced it. */
  reject(hostname: string, token: Token): Promise<void>;
  /**
   * Asks whether the person is admitted, without a browser: by a token that is held, else by one exchange. What Access
   * says is told to `onAnswer`, and where it says nothing (no session of that organisation, or one that wants a new
   * login, or a host that lies beside no application of such an organisation), nothing is. A token that was issued before `after` (ms since the epoch) proves nothing: the policy refused
   * the person then. Awaits `turn` before anything is sent. Rejects with the codes of an application's description and
   * of the network.
   */
  ask(
    hostname: string,
    options: { readonly after: number; readonly turn: () => Promise<void> },
  ): Promise<void>;
  /** Tells `onAnswer` what a connection found out. */
  report(hostname: string, denial: Denial | undefined): Promise<void>;
  /** The posture checks that the person's device fails. Rejects with network codes. */
  failingChecks(authDomain: string): Promise<readonly string[]>;
  /** The logins that wait for a person now. */
  logins(): readonly LoginState[];
  /**
   * The organisations that hold a session, as `~/.cloudflared` says, and those whose session is over and that the user has
   * not signed out of.
   */
  sessions(): Promise<{ readonly sessions: readonly Session[]; readonly ended: readonly EndedSession[] }>;
  /** The organisation of an application, where it was seen by this agent. */
  teamOf(hostname: string): string | undefined;
  /** Those that a token is kept of, ended ones too, or whose applications were seen by this agent. */
  organisations(): Promise<{ readonly kept: readonly string[]; readonly seen: readonly string[] }>;
  /**
   * Signs in to an organisation, by one of its applications: the first of `hostnames` that is one. Asks those beside its
   * known applications first, and others only for the team that the organisation's configuration names. Rejects with `not-found` where none is, else as `token` does.
   */
  login(
    authDomain: string,
    options: { readonly hostnames: readonly string[]; readonly signal: AbortSignal },
  ): Promise<void>;
  /**
   * Forgets every token of an organisation, in memory and in `~/.cloudflared`, and ends a login that waits. Answers the
   * names of the files, and for which host names it held tokens.
   */
  signOut(
    authDomain: string,
  ): Promise<{ readonly files: readonly string[]; readonly hostnames: readonly string[] }>;
  /** Ends waiting logins. */
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
  readonly onAnswer?: (answer: Answer) => void;
  /** An organisation has ended the session before its time: told once. */
  readonly onSessionEnded?: (authDomain: string) => void;
  /** The only team domain to sign in to, where the organisation has said one. */
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

  /** One of the organisation's applications, to sign in by. */
  const findApp = async (authDomain: string, hostnames: readonly string[], signal: AbortSignal) => {
    const near = await seen.beside(hostnames, [authDomain]);
    // Where the organisation names its team, the first sign-in has only the tags to go by.
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
      // A login for one application serves the next by exchange, so a second round is enough, but a login that was
      // for another application may leave this one with a policy that wants its own.
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
      await browser.wait(app, signal);
    },
    async signOut(authDomain) {
      const hostnames = tokens.signOut(authDomain);
      browser.abandon(authDomain);
      return { files: await files.removeAll(authDomain), hostnames };
    },
    close: browser.close,
  };
}
