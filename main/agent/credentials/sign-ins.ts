import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';
import { awakeTimer } from '../async/awake-timer.ts';
import { createSingleFlight } from '../async/single-flight.ts';
import type { Logins } from '../logins/logins.ts';
import { createQuiet } from '../logins/quiet.ts';
import type { Clock } from '../parts.ts';

/** How long kubectl waits for a login: it sets no limit for its plugin. */
const limitMs = 2 * 60_000;

export interface SignIns {
  /**
   * Calls `get`, which may need a session. If the session is missing or has expired, and `interactive`, begins one
   * login in the browser for all callers that need it, and then calls `get` once more. Rejects as `get` does: at once
   * if no browser may be opened, and for five minutes after a failed login. Rejects with `login-timeout` if the user
   * does not sign in, else as `Logins.login` does.
   */
  through<T>(interactive: boolean, get: () => Promise<T>): Promise<T>;
}

export function createSignIns(options: {
  readonly clock: Clock;
  readonly logins: Pick<Logins, 'inBrowser' | 'login'>;
}): SignIns {
  const { clock, logins } = options;
  const quiet = createQuiet(clock);
  const running = createSingleFlight<string, void>();

  /** The login continues when its callers disconnect: its page is open, and the next caller joins it. */
  const signIn = async (provider: LoginProviderKind, session: string, title: string): Promise<void> => {
    const key = `${provider} ${session}`;
    const limit = new AbortController();
    const cancel = awakeTimer(clock, limitMs, () => limit.abort());
    try {
      await logins.login({ provider, session, signal: limit.signal });
    } catch (cause) {
      quiet.begin(key);
      if (!limit.signal.aborted) throw cause;
      throw new AppError(
        'login-timeout',
        `Nobody signed in to ${title} within ${limitMs / 60_000} minutes.`,
        {
          hint: `Run \`${command`k8s-tunnels login ${provider} ${session}`}\` to sign in.`,
          cause,
        },
      );
    } finally {
      cancel();
    }
  };

  return {
    async through(interactive, get) {
      const since = clock.now();
      try {
        return await get();
      } catch (error) {
        const needed = error instanceof AppError && interactive ? error.signIn : undefined;
        const possible = needed && (await logins.inBrowser(needed));
        if (needed === undefined || possible === undefined) throw error;
        const { session, title, signedInAt = Number.NEGATIVE_INFINITY } = possible;
        const key = `${needed.provider} ${session}`;
        // Somebody may have signed in after this call began.
        if (signedInAt < since) {
          if (!running.has(key) && quiet.holds(key)) throw error;
          await running
            .share(key, () => signIn(needed.provider, session, title))
            .catch((failure: unknown) => {
              // An environment variable takes precedence over any session: the original error says more.
              throw failure instanceof AppError && failure.code === 'bad-input' ? error : failure;
            });
        }
        return get();
      }
    },
  };
}
