import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';
import { awakeTimer } from '../async/awake-timer.ts';
import { createSingleFlight } from '../async/single-flight.ts';
import type { Logins } from '../logins/logins.ts';
import { createQuiet } from '../logins/quiet.ts';
import type { Clock } from '../parts.ts';

/** How long kubectl waits for a person who signs in: it sets its plugin no limit itself. */
const limitMs = 2 * 60_000;

export interface SignIns {
  /**
   * Gets what may need a sign-in. Where that is missing or has ended, and `interactive`, it is begun in the browser,
   * for all who need it meanwhile at once, and what was wanted is got again, once.
   * Rejects as `get` does, at once where no browser may be opened, and for five minutes after a sign-in that came to
   * nothing; with `login-timeout` where nobody signs in; else as `Logins.login` does.
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

  /** It goes on when those who wait for it go away: its page is open, and whoever comes next shares it. */
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
        // Somebody may have signed in while this one found out.
        if (signedInAt < since) {
          if (!running.has(key) && quiet.holds(key)) throw error;
          await running
            .share(key, () => signIn(needed.provider, session, title))
            .catch((failure: unknown) => {
              // A variable of the environment counts before any sign-in: what was met says more.
              throw failure instanceof AppError && failure.code === 'bad-input' ? error : failure;
            });
        }
        return get();
      }
    },
  };
}
