import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import type { Credential } from '../providers/credential-provider.ts';

/** When to look at a session whose credential names no end. */
const lookAfterMs = 5 * 60_000;

/**
 * Checks the user's session when the credential of the last request expires, while clients are connected: a stream sends
 * no further requests, and must end with the session that opened it.
 */
export interface SessionWatch {
  /** A request has got this credential. */
  follow(credential: Credential): void;
  /** Stops checking until the next request. */
  close(): void;
}

export function createSessionWatch(options: {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  /** Returns true while clients are connected. Without any, the next request finds out. */
  readonly isUsed: () => boolean;
  /** Resolves with the next credential. Rejects with an error that a login would fix if the session is over. */
  readonly credential: () => Promise<Credential>;
  readonly onOver: () => void;
}): SessionWatch {
  const { clock, isUsed, credential, onOver } = options;
  let cancel: (() => void) | undefined;

  const look = async (): Promise<void> => {
    cancel = undefined;
    if (!isUsed()) return;
    try {
      follow(await credential());
    } catch (error) {
      if (error instanceof AppError && error.signIn !== undefined) onOver();
      else lookIn(lookAfterMs);
    }
  };
  const lookIn = (ms: number) => {
    cancel ??= clock.timer(Math.max(1_000, ms), () => void look());
  };
  const follow = ({ expiresAt }: Credential) =>
    lookIn(expiresAt === undefined ? lookAfterMs : expiresAt - clock.now());

  return {
    follow,
    close() {
      cancel?.();
      cancel = undefined;
    },
  };
}
