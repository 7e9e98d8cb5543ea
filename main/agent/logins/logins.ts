import type { Account, LoginView, SignOut } from '../../model/account.ts';
import { AppError, type NeededSignIn } from '../../model/app-error.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';
import { hasBrowser } from '../../model/may-open-browser.ts';
import { plainText } from '../../model/plain-text.ts';
import { abortable } from '../async/abortable.ts';
import { awakeTimer } from '../async/awake-timer.ts';
import { createSharedWork } from '../async/shared-work.ts';
import { checkUrl } from '../open-url.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import type { LoginProvider, SignInRequest } from '../providers/login-provider.ts';
import type { Tab } from './tab.ts';

/** The limit for a login without an answer. */
const loginTimeoutMs = 5 * 60_000;
const cancelled = 'The sign-in was cancelled.';
const reason = () => new AppError('cancelled', cancelled);

export interface Logins {
  /** Lists every session, and every login that is possible. */
  accounts(): Promise<readonly Account[]>;
  /**
   * Signs in. Concurrent calls for the same session share one login, which ends when all callers have left. A provider
   * has at most one browser tab open; with `isFollowed` it waits for the next login. Without a session, uses the provider's only one. Rejects with `not-found`,
   * `bad-input`, `login-failed`, `login-timeout`, `cancelled`, `port-busy`, the provider's codes or a network code.
   */
  login(options: {
    readonly provider: LoginProviderKind;
    readonly session?: string | undefined;
    readonly deviceCode?: boolean | undefined;
    readonly password?: SignInRequest['password'];
    readonly isFollowed?: boolean | undefined;
    readonly signal: AbortSignal;
  }): Promise<Account>;
  /**
   * Returns the session for which `login` would open a browser, and its last successful login (ms since the epoch).
   * Undefined if there is no such session, or if its login needs more than a browser.
   */
  inBrowser(
    needed: NeededSignIn,
  ): Promise<
    { readonly session: string; readonly title: string; readonly signedInAt: number | undefined } | undefined
  >;
  logout(options: {
    readonly provider: LoginProviderKind;
    readonly session?: string | undefined;
  }): Promise<SignOut>;
  /** Lists the logins that wait for the user. */
  waiting(): readonly LoginView[];
  /** Ends the pending logins. */
  close(): void;
}

export function createLogins(options: {
  readonly providers: readonly LoginProvider[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** A non-empty `K8S_TUNNELS_NO_BROWSER` means that there is no browser here. */
  readonly env: Environment;
  readonly tab: Pick<Tab, 'openUrl' | 'next'>;
  /** Returns the organisation's name if it has switched off discovery for this provider: then no login is offered. */
  readonly offBy: (kind: LoginProviderKind) => string | undefined;
  readonly onChange: (waiting: readonly LoginView[]) => void;
}): Logins {
  const { providers, clock, logger, env, tab, offBy, onChange } = options;
  const pending = createSharedWork({ cancelled });
  /** The last login of each provider: the next one waits for it. */
  const turns = new Map<LoginProviderKind, Promise<unknown>>();
  const waiting = new Map<string, LoginView>();
  const signedInAt = new Map<string, number>();
  const closing = new AbortController();

  const show = (key: string, view: LoginView | undefined) => {
    if (view === undefined ? !waiting.delete(key) : waiting.set(key, view) === undefined) return;
    onChange([...waiting.values()]);
  };

  const find = async (kind: LoginProviderKind, session: string | undefined) => {
    const provider = providers.find((one) => one.kind === kind);
    if (provider === undefined) throw new AppError('bad-input', `There is no provider called ${kind}.`);
    const accounts = (await provider.accounts()).filter(({ ours }) => ours);
    const sessions = accounts.map((account) => account.session);
    const [only, ...more] = sessions;
    if (only === undefined) {
      throw new AppError('not-found', `There is no ${provider.title} session to sign in to.`, {
        hint: provider.setUp,
      });
    }
    // Shells show names without invisible characters: accept those too.
    const named =
      sessions.find((one) => one === session) ?? sessions.find((one) => plainText(one) === session);
    if (named !== undefined)
      return {
        provider,
        session: named,
        asks: accounts.find((one) => one.session === named)?.asks ?? 'browser',
      };
    if (session !== undefined && provider.accepts?.(session) === true)
      return { provider, session, asks: 'browser' };
    // A provider that accepts other names has a default session.
    if (session === undefined && (more.length === 0 || provider.accepts !== undefined))
      return { provider, session: only, asks: accounts[0]?.asks ?? 'browser' };
    const names = sessions.join(', ');
    if (session === undefined)
      throw new AppError('bad-input', `${provider.title} has several sessions: name one.`, {
        hint: `They are ${names}.`,
      });
    throw new AppError('not-found', `${provider.title} has no session ${session}.`, {
      hint: `There is ${names}.`,
    });
  };

  const run = async (
    { provider, session }: { readonly provider: LoginProvider; readonly session: string },
    request: Pick<SignInRequest, 'deviceCode' | 'password' | 'next'>,
    abandoned: AbortSignal,
  ): Promise<void> => {
    const key = keyOf(provider, session);
    const late = new AbortController();
    const signal = AbortSignal.any([closing.signal, abandoned, late.signal]);
    const before = turns.get(provider.kind);
    const own = Promise.withResolvers<void>();
    // A login that is cancelled while it waits must not let the next one overtake those before it.
    const turn = Promise.all([before, own.promise]);
    turns.set(provider.kind, turn);
    let stop = () => {};
    const view = (url: string) => ({
      kind: provider.kind,
      title: titleOf(provider, session),
      session,
      url,
      since: clock.now(),
    });
    try {
      if (before !== undefined) await abortable(before, signal, { reason });
      signal.throwIfAborted();
      stop = awakeTimer(clock, loginTimeoutMs, () => late.abort());
      const work = provider.signIn({
        ...request,
        session,
        signal,
        async onUrl(url) {
          // Open no tab if all callers have left.
          signal.throwIfAborted();
          // The address comes from a server: if it must not be opened, it must not be shown either.
          const shown = view(checkUrl(url));
          show(key, shown);
          try {
            if (hasBrowser(env)) {
              await tab.openUrl(shown.url);
              return true;
            }
          } catch (error) {
            logger.warn('The browser could not be opened', {
              reason: error instanceof Error ? error.name : 'unknown',
            });
          }
          if (!signal.aborted) show(key, { ...shown, noBrowser: true });
          return false;
        },
        onDeviceCode({ url, userCode }) {
          if (!signal.aborted) show(key, { ...view(checkUrl(url)), userCode });
        },
      });
      await abortable(work, signal, { reason });
      signedInAt.set(key, clock.now());
      logger.info('Signed in', { provider: provider.kind });
    } catch (cause) {
      if (late.signal.aborted) {
        throw new AppError(
          'login-timeout',
          `Nobody completed the login to ${titleOf(provider, session)} within 5 minutes.`,
          {
            hint: 'Sign in again to open a new page.',
            retryable: true,
            cause,
          },
        );
      }
      if (signal.aborted)
        throw new AppError('cancelled', `The sign-in to ${titleOf(provider, session)} was cancelled.`, {
          cause,
        });
      throw cause;
    } finally {
      stop();
      show(key, undefined);
      own.resolve();
      void turn.then(() => {
        if (turns.get(provider.kind) === turn) turns.delete(provider.kind);
      });
    }
  };

  return {
    async accounts() {
      const all = (await Promise.all(providers.map((provider) => provider.accounts()))).flat();
      return all.flatMap(({ needed, ...account }) => {
        if (offBy(account.provider) === undefined) return { ...account, ...(needed ? { needed } : {}) };
        // Show an existing session, so that the user can sign out.
        return account.status === 'signed-out' ? [] : account;
      });
    },
    async login({ provider: kind, session: named, deviceCode = false, password, isFollowed, signal }) {
      const off = offBy(kind);
      if (off !== undefined)
        throw new AppError('bad-input', `${off} has switched off this source of clusters: ${kind}.`, {
          hint: 'Ask the administrator of your organisation’s configuration.',
        });
      const found = await find(kind, named);
      const { provider, session } = found;
      const request = { deviceCode, password, next: isFollowed ? tab.next : undefined };
      await pending.wait({
        key: keyOf(provider, session),
        start: (abandoned) => run(found, request, abandoned),
        signal,
      });
      const own = (await provider.accounts()).filter(({ ours }) => ours);
      const account =
        own.find((one) => one.session === session) ??
        (provider.accepts?.(session) === true ? own[0] : undefined);
      if (account === undefined)
        throw new AppError('login-failed', `The sign-in to ${titleOf(provider, session)} no longer exists.`);
      return account;
    },
    async inBrowser({ provider: kind, session: named }) {
      if (offBy(kind) !== undefined) return undefined;
      const found = await find(kind, named).catch(() => undefined);
      if (found?.asks !== 'browser') return undefined;
      const { provider, session } = found;
      const at = signedInAt.get(keyOf(provider, session));
      return { session, title: titleOf(provider, session), signedInAt: at };
    },
    async logout({ provider: kind, session: named }) {
      const { provider, session } = await find(kind, named);
      pending.abandon(keyOf(provider, session));
      return provider.signOut(session);
    },
    waiting: () => [...waiting.values()],
    close: () => closing.abort(),
  };
}

function keyOf({ kind }: LoginProvider, session: string): string {
  return `${kind} ${session}`;
}

function titleOf({ title }: LoginProvider, session: string): string {
  return `${title} (${session})`;
}
