import { toPlainError } from '../../model/app-error.ts';
import type { Clock, Logger } from '../parts.ts';
import type { OwnSetup } from './own-setup.ts';

const refreshAfterMs = 24 * 3_600_000;
const lookEveryMs = 3_600_000;

/**
 * Reads a managed file once an hour, and refreshes a setup from an address once a day. A file that the user set up from may be gone by now, so it is not read
 * automatically.
 */
export function dailyRefresh(options: {
  readonly own: Pick<OwnSetup, 'current'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** Resolves with whether the configuration changed. */
  readonly refresh: () => Promise<boolean>;
  /** Reads the managed file again. */
  readonly readManaged: () => Promise<unknown>;
  /** The name of the configuration in effect. */
  readonly name: () => string | undefined;
}): {
  /** Refreshes at once if the stored version is a day old, and looks again every hour, at the managed file too. */
  start(): void;
  /** Forgets which failure was reported. */
  reset(): void;
  close(): void;
} {
  const { own, clock, logger, notice, refresh, readManaged, name } = options;
  let reported: string | undefined;
  const refreshWhenOld = async () => {
    const { organisation, stored } = own.current() ?? {};
    if (stored?.origin.kind !== 'url' || Math.abs(clock.now() - stored.readAt) < refreshAfterMs) return;
    const before = organisation?.name ?? 'Your organisation';
    try {
      const changed = await refresh();
      reported = undefined;
      if (changed) notice('info', `The configuration of ${name() ?? before} has changed.`);
    } catch (error) {
      const { message, retryable } = toPlainError(error);
      logger.warn('The organisation was not refreshed', { message });
      // Do not report being offline.
      if (retryable || reported === message) return;
      reported = message;
      notice(
        'warning',
        `The new configuration of ${before} is not used; the last good one stays. ${message}`,
      );
    }
  };
  const look = async () => {
    await readManaged();
    await refreshWhenOld();
  };
  let closed = false;
  let stop = () => {};
  const lookAgain = () => {
    if (closed) return;
    stop = clock.timer(lookEveryMs, () => void look().finally(lookAgain));
  };
  return {
    start() {
      void refreshWhenOld();
      lookAgain();
    },
    reset() {
      reported = undefined;
    },
    close() {
      closed = true;
      stop();
    },
  };
}
