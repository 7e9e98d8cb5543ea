import { AppError } from '../../model/app-error.ts';
import { awakeTimer } from '../async/awake-timer.ts';
import { createSharedWork } from '../async/shared-work.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import type { LoginState } from './access.ts';
import type { AppInfo } from './app-info.ts';
import type { AppTokens } from './app-tokens.ts';
import type { TokenFiles } from './token-files.ts';
import { lockToken } from './token-lock.ts';
import { prepareTransfer } from './transfer.ts';

/** A login that nobody finishes ends after this time. */
const loginTimeoutMs = 5 * 60_000;

/** The logins in the browser. Each organisation has at most one at a time, which all callers share. */
export interface BrowserLogin {
  /**
   * Waits for the organisation's login. Starts one if none is running, and cancels it when nobody waits for it any
   * more.
   * With `renews`, the user logs in although there is a session: the new one lasts longer.
   * Rejects with `access-login-failed`, `access-login-timeout`, `cancelled` or a network code.
   */
  wait(app: AppInfo, signal: AbortSignal, options?: { readonly renews?: boolean }): Promise<void>;
  /** Returns the logins that wait for the user now. */
  list(): readonly LoginState[];
  /** Cancels the organisation's login, if one is running. */
  abandon(authDomain: string): void;
  /** Cancels every login. */
  close(): void;
}

export function createBrowserLogin(options: {
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: TokenFiles;
  readonly tokens: Pick<AppTokens, 'silent' | 'keep' | 'signOuts'>;
  readonly openUrl: (url: string) => Promise<void>;
  readonly onLogins: (logins: readonly LoginState[]) => void;
  /** Called when a login waits for another program's. */
  readonly onHeld?: ((message: string) => void) | undefined;
}): BrowserLogin {
  const { network, clock, logger, files, tokens, openUrl, onLogins, onHeld } = options;
  const pending = createSharedWork();
  const waiting = new Map<string, LoginState>();
  const closing = new AbortController();

  const announce = () => onLogins([...waiting.values()]);

  /** Opens the login page, and resolves with the tokens that the edge returns after the login. */
  const askUser = async (app: AppInfo, signal: AbortSignal) => {
    const transfer = prepareTransfer({ network, app });
    const shown = { authDomain: app.authDomain, url: transfer.url.href, since: clock.now() };
    waiting.set(app.authDomain, shown);
    announce();
    openUrl(transfer.url.href).catch((error: unknown) => {
      // The login state has the address, so the user can still open it manually.
      logger.warn('The browser could not be opened', {
        reason: error instanceof Error ? error.message : 'unknown',
      });
      if (waiting.get(app.authDomain) !== shown) return;
      waiting.set(app.authDomain, { ...shown, noBrowser: true });
      announce();
    });
    return transfer.wait(signal);
  };

  /** Logs in under cloudflared's locks, in its order: first the application's, then the organisation's. */
  const login = async (app: AppInfo, renews: boolean, abandoned: AbortSignal): Promise<void> => {
    const late = new AbortController();
    const cancelLimit = awakeTimer(clock, loginTimeoutMs, () => late.abort());
    const signal = AbortSignal.any([closing.signal, abandoned, late.signal]);
    const releases: (() => Promise<void>)[] = [];
    const endOf = async () => (await files.readOrg(app.authDomain))?.expiresAt ?? 0;
    const endsAt = renews ? await endOf() : 0;
    // Another program may have renewed the session meanwhile.
    const satisfied = async () =>
      renews ? (await endOf()) > endsAt : (await tokens.silent(app)) !== undefined;
    const since = tokens.signOuts(app.authDomain);
    let held: string | undefined;
    const onWait = (holder: string) => {
      held = `${holder}: finish the login in its browser tab, or end that process.`;
      onHeld?.(`The login for ${app.hostname} waits. ${held}`);
    };
    try {
      for (const file of [files.appPath(app), files.orgPath(app.authDomain)]) {
        const release = await lockToken({ file, clock, signal, satisfied, onWait });
        held = undefined;
        if (release === undefined) return;
        releases.unshift(release);
      }
      // Another program may have logged in while this one waited for a lock.
      if (releases.length > 0 && (await satisfied())) return;
      const { appJwt, orgJwt } = await askUser(app, signal);
      signal.throwIfAborted();
      if (orgJwt !== undefined) await files.writeOrg(app.authDomain, orgJwt);
      await tokens.keep(app, appJwt, since);
    } catch (cause) {
      if (!signal.aborted) throw cause;
      throw !late.signal.aborted
        ? new AppError('cancelled', `The login for ${app.hostname} was cancelled.`, { cause })
        : new AppError(
            'access-login-timeout',
            `The login for ${app.hostname} was not finished within 5 minutes.`,
            {
              hint: held ?? 'Connect again to open a new login page.',
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

  return {
    wait: (app, signal, { renews = false } = {}) =>
      pending.wait({ key: app.authDomain, start: (abandoned) => login(app, renews, abandoned), signal }),
    list: () => [...waiting.values()],
    abandon: pending.abandon,
    close: () => closing.abort(),
  };
}
