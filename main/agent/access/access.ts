import { AppError } from '../../model/app-error.ts';
import { abortable } from '../async/abortable.ts';
import { awakeTimer } from '../async/awake-timer.ts';
import { createSharedWork } from '../async/shared-work.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import { type AppInfo, createAppInfo } from './app-info.ts';
import { createEndedSessions } from './ended-sessions.ts';
import { accessDenied, type Denial, exchangeOrgToken } from './exchange.ts';
import { isBeside } from './known-hosts.ts';
import { failingChecks } from './posture.ts';
import type { ServiceToken } from './service-tokens.ts';
import { createTokenFiles, issuerOf, parseToken, type Token } from './token-files.ts';
import { lockToken } from './token-lock.ts';
import { prepareTransfer } from './transfer.ts';

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

/** A login with no answer ends after this. */
const loginTimeoutMs = 5 * 60_000;
/** A session of Access lasts a month at most: one that ended longer ago is nobody's any more. */
const endedForMs = 31 * 24 * 3_600_000;

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
  const { network, clock, logger, openUrl, onLogins } = options;
  const apps = createAppInfo(options);
  const files = createTokenFiles({ folder: options.folder, clock });
  const memory = new Map<string, Token>();
  /** One entry per organisation while a login runs: whoever comes later waits for it. */
  const pending = createSharedWork();
  /** One entry per host name while an exchange runs. */
  const exchanges = new Map<string, Promise<Token | undefined>>();
  const waiting = new Map<string, LoginState>();
  /** One application of each organisation. */
  const seen = new Map<string, AppInfo>();
  /** The organisation of each application that was connected. */
  const teams = new Map<string, string>();
  /** Applications whose token the edge refused before its time: perhaps the whole session is over. */
  const doubtful = new Set<string>();
  const ended = createEndedSessions({ network, clock, onEnded: (team) => options.onSessionEnded?.(team) });
  /** How often the person has signed out of each organisation: what was asked before then is not kept. */
  const signOuts = new Map<string, number>();
  const closing = new AbortController();
  const serviceToken = async (hostname: string) => options.serviceToken?.(hostname);

  /** Those that were verified to be these teams' when the user connected one of them. */
  const knownHosts = async (teams: readonly string[]): Promise<readonly string[]> => [
    ...(await files.applications()).flatMap(({ hostname, team }) => (teams.includes(team) ? hostname : [])),
    ...[...seen.values()].flatMap((app) => (teams.includes(app.authDomain) ? app.appHostname : [])),
  ];

  /** The organisation token, unless the organisation does not accept it any more. */
  const sessionOf = async (authDomain: string): Promise<Token | undefined> => {
    const org = await files.readOrg(authDomain);
    return org === undefined || ended.has(authDomain, org) ? undefined : org;
  };

  const lastingOrgs = async () =>
    (await files.orgs()).filter(({ authDomain, token }) => !ended.has(authDomain, token));

  const announce = () => onLogins([...waiting.values()]);

  const keep = async (app: AppInfo, jwt: string, since: number): Promise<Token> => {
    if (since !== (signOuts.get(app.authDomain) ?? 0)) throw loginNeeded(app.hostname);
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

  /** Without a person: memory, file, exchange. Undefined when only a login can help. */
  const silent = async (app: AppInfo): Promise<Token | undefined> => {
    const since = signOuts.get(app.authDomain) ?? 0;
    const [kept, org] = await Promise.all([files.readApp(app), sessionOf(app.authDomain)]);
    // Another program may have signed out, or another user in: the files say who is signed in now.
    const known = isOf(kept, org) ? kept : undefined;
    if (known === undefined) memory.delete(app.hostname);
    if (since !== (signOuts.get(app.authDomain) ?? 0)) return undefined;
    if (known !== undefined && !endsSoon(known, clock)) {
      memory.set(app.hostname, known);
      return known;
    }
    const exchange = sharedExchange(app);
    // A renewal that fails is no harm while the old token holds.
    return known === undefined ? exchange : ((await exchange.catch(() => undefined)) ?? known);
  };

  const sharedExchange = (app: AppInfo): Promise<Token | undefined> => {
    const running = exchanges.get(app.hostname);
    if (running !== undefined) return running;
    const exchange = exchangeFor(app);
    exchanges.set(app.hostname, exchange);
    const done = () => exchanges.delete(app.hostname);
    exchange.then(done, done);
    return exchange;
  };

  const exchangeFor = async (app: AppInfo): Promise<Token | undefined> => {
    const { hostname, authDomain } = app;
    const since = signOuts.get(authDomain) ?? 0;
    const org = await sessionOf(authDomain);
    if (org === undefined) return undefined;
    // Where a session has ended, the tokens of all its applications are refused at once: one question instead of an
    // exchange for each.
    if (doubtful.delete(hostname) && (await ended.check(authDomain, org))) return undefined;
    const exchanged = await exchangeOrgToken({ network, clock, hostname, authDomain, orgJwt: org.jwt });
    const tell = (denial: Denial | undefined) =>
      options.onAnswer?.({ hostname, session: { authDomain, email: org.email }, denial });
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

  /** The browser login, under cloudflared's locks (the application's first, then the organisation's, as it does). */
  const login = async (app: AppInfo, abandoned: AbortSignal): Promise<void> => {
    const late = new AbortController();
    const cancelLimit = awakeTimer(clock, loginTimeoutMs, () => late.abort());
    const signal = AbortSignal.any([closing.signal, abandoned, late.signal]);
    const releases: (() => Promise<void>)[] = [];
    const satisfied = async () => (await silent(app)) !== undefined;
    const since = signOuts.get(app.authDomain) ?? 0;
    try {
      for (const file of [files.appPath(app), files.orgPath(app.authDomain)]) {
        const release = await lockToken({ file, clock, signal, satisfied });
        if (release === undefined) return;
        releases.unshift(release);
      }
      // Another program may have logged in while we waited for a lock.
      if (releases.length > 0 && (await satisfied())) return;
      const transfer = prepareTransfer({ network, app });
      const shown = { authDomain: app.authDomain, url: transfer.url.href, since: clock.now() };
      waiting.set(app.authDomain, shown);
      announce();
      try {
        await openUrl(transfer.url.href);
      } catch (error) {
        // The address stands in the login state, so a person can still open it by hand.
        logger.warn('The browser could not be opened', {
          reason: error instanceof Error ? error.message : 'unknown',
        });
        waiting.set(app.authDomain, { ...shown, noBrowser: true });
        announce();
      }
      const { appJwt, orgJwt } = await transfer.wait(signal);
      signal.throwIfAborted();
      if (orgJwt !== undefined) await files.writeOrg(app.authDomain, orgJwt);
      await keep(app, appJwt, since);
    } catch (cause) {
      if (!signal.aborted) throw cause;
      throw !late.signal.aborted
        ? new AppError('cancelled', `The login for ${app.hostname} was cancelled.`, { cause })
        : new AppError(
            'access-login-timeout',
            `Nobody finished the login for ${app.hostname} within 5 minutes.`,
            {
              hint: 'Connect again to open a new login page.',
              retryable: true,
              cause,
            },
          );
    } finally {
      cancelLimit();
      if (waiting.delete(app.authDomain)) announce();
      for (const release of releases) await release();
    }
  };

  /** Waits for the organisation's login, which is started where none runs and ends when nobody waits for it any more. */
  const shareLogin = (app: AppInfo, signal: AbortSignal): Promise<void> =>
    pending.wait({ key: app.authDomain, start: (abandoned) => login(app, abandoned), signal });

  return {
    async token(hostname, { interactive, signal, onLogin }) {
      const app = await abortable(apps.find(hostname), signal);
      seen.set(app.authDomain, app);
      teams.set(hostname, app.authDomain);
      const quick = await abortable(silent(app), signal);
      if (quick !== undefined) return quick;
      if (!interactive) throw loginNeeded(hostname, (await files.teams()).includes(app.authDomain));
      // A login for one application serves the next by exchange, so a second round is enough, but a login that was
      // for another application may leave this one with a policy that wants its own.
      for (let round = 0; round < 2; round++) {
        onLogin?.();
        await shareLogin(app, signal);
        const token = await abortable(silent(app), signal);
        if (token !== undefined) return token;
      }
      throw new AppError('access-login-failed', `The login gave no access to ${hostname}.`, {
        hint: 'Your account may not be admitted to this cluster: ask its owner or your Access administrator.',
      });
    },
    serviceToken,
    async reject(hostname, token) {
      const app = await apps.find(hostname);
      doubtful.add(hostname);
      if (memory.get(hostname)?.jwt === token.jwt) memory.delete(hostname);
      if ((await files.readApp(app))?.jwt === token.jwt) await files.removeApp(app);
    },
    async ask(hostname, { after, turn }) {
      // What the policy says of the person is of no matter there.
      if ((await serviceToken(hostname)) !== undefined) return;
      const team = options.team?.();
      const orgs = await lastingOrgs();
      const usual = orgs.filter(({ authDomain }) => team === undefined || authDomain === team);
      if (usual.length === 0) return;
      const proves = (token: Token | undefined, { email }: Token) =>
        token !== undefined && token.issuedAt > after && token.email === email;
      const admitted = (authDomain: string, { email }: Token) =>
        options.onAnswer?.({ hostname, session: { authDomain, email }, denial: undefined });
      for (const { authDomain, token } of usual)
        if (proves(await files.findApp(hostname, authDomain), token)) return admitted(authDomain, token);
      // A tag may name any host: one that nothing connects with a team learns nothing of the user.
      const teams = usual.map(({ authDomain }) => authDomain);
      if (!isBeside(hostname, await knownHosts(teams))) return;
      await turn();
      const app = await apps.find(hostname);
      const org = await sessionOf(app.authDomain);
      if (org === undefined) return;
      // An application for many host names has a file that only its description names.
      if (proves(await files.readApp(app), org)) return admitted(app.authDomain, org);
      await sharedExchange(app).catch((error: unknown) => {
        if (!(error instanceof AppError) || error.code !== 'access-denied') throw error;
      });
    },
    async report(hostname, denial) {
      // Of a service token a refusal says nothing of the person; who is let in by it reaches the cluster.
      if (denial !== undefined && (await serviceToken(hostname)) !== undefined) return;
      const { authDomain } = await apps.find(hostname);
      const org = await sessionOf(authDomain);
      if (org !== undefined)
        options.onAnswer?.({ hostname, session: { authDomain, email: org.email }, denial });
    },
    async failingChecks(authDomain) {
      const org = await sessionOf(authDomain);
      return org === undefined ? [] : failingChecks({ network, authDomain, orgJwt: org.jwt });
    },
    logins: () => [...waiting.values()],
    async sessions() {
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
    teamOf: (hostname) => teams.get(hostname),
    organisations: async () => ({ kept: await files.teams(), seen: [...seen.keys()] }),
    async login(authDomain, { hostnames, signal }) {
      let app: AppInfo | undefined;
      const known = await knownHosts([authDomain]);
      const near = hostnames.filter((hostname) => isBeside(hostname, known));
      // Where the organisation names its team, the first sign-in has only the tags to go by.
      const others = options.team?.() === authDomain ? hostnames.filter((one) => !near.includes(one)) : [];
      for (const hostname of [...near, ...others]) {
        if (app !== undefined) break;
        const found = await abortable(
          apps.find(hostname).catch(() => undefined),
          signal,
        );
        if (found?.authDomain === authDomain) app = found;
      }
      app ??= seen.get(authDomain);
      if (app === undefined)
        throw new AppError('not-found', `No cluster that you can reach belongs to ${authDomain}.`, {
          hint: 'Run `k8s-tunnels discover`, or connect a cluster: the sign-in begins automatically.',
        });
      seen.set(authDomain, app);
      await shareLogin(app, signal);
    },
    async signOut(authDomain) {
      signOuts.set(authDomain, (signOuts.get(authDomain) ?? 0) + 1);
      pending.abandon(authDomain);
      const hostnames = [...memory].flatMap(([hostname, { jwt }]) =>
        issuerOf(jwt) === authDomain ? [hostname] : [],
      );
      for (const hostname of hostnames) memory.delete(hostname);
      return { files: await files.removeAll(authDomain), hostnames };
    },
    close: () => closing.abort(),
  };
}

function loginNeeded(hostname: string, hadSession = true): AppError {
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
