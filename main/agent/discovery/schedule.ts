import { toPlainError } from '../../model/app-error.ts';
import type { Source } from '../../model/cluster.ts';
import type { DiscoveryStatus } from '../../model/discovery-status.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock, Logger } from '../parts.ts';
import type { DiscoverySource } from '../providers/discovery-source.ts';
import { createDiscovery, type Discovery } from './discovery.ts';

/** Decides when discovery runs, and with which sources. */
export interface Schedule extends Pick<Discovery, 'complete' | 'status'> {
  /** Runs because the user asked. Does not join a run that began before the last login. */
  runAsked(): Promise<void>;
  /** Runs, or joins a run, to find clusters that are not known yet. */
  run(): Promise<void>;
  /** Starts a run without waiting for it. */
  start(): void;
  /**
   * Starts a run if the last full one is older than the setting allows, for example when a computer wakes up: at a random
   * time, because the computers of an organisation wake up together.
   */
  startIfOld(): void;
  /** Starts a run when the agent begins, unless a run would find nothing new. Spread as `startIfOld`, except the first. */
  startUnlessFresh(): void;
  /**
   * Starts a run of the source that was signed in to, after the current one, which began without the new session. A full
   * run without one.
   */
  startAfterSignIn(source?: Source): void;
  /** Cancels the run and creates the sources again: settings, the organisation or sessions have changed. */
  renew(): void;
  /** Returns whether a run now would find nothing new. */
  isFresh(): boolean;
  close(): void;
}

export function createSchedule(options: {
  /** Creates the sources from the current settings. */
  readonly sources: () => readonly DiscoverySource[];
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxAgeMs: () => number;
  /** A run that is due begins within this time. 0 if undefined: at once. */
  readonly spreadMs?: () => number;
  /** Returns a number from 0 to 1, without 1. */
  readonly random?: () => number;
  /** Returns whether the last run could not read what a sign-in of the user would open. */
  readonly needsSession?: () => boolean;
  readonly onStatus: (status: DiscoveryStatus) => void;
}): Schedule {
  const { sources, catalog, clock, logger, maxAgeMs, onStatus } = options;
  const { spreadMs = () => 0, random = Math.random, needsSession = () => false } = options;
  const make = (): Discovery => {
    const made = createDiscovery({
      sources: sources(),
      catalog,
      clock,
      logger,
      onStatus(status) {
        // A replaced discovery ends while its successor may be running: ignore its status.
        if (made === discovery) onStatus(status);
      },
    });
    return made;
  };
  let discovery = make();
  onStatus(discovery.status());
  /** Set when the run that follows the last login has begun. */
  let afterSignIn: Promise<void> | undefined;

  const start = (only?: Source) => {
    discovery
      .run({ only })
      .catch((error: unknown) => logger.warn('Discovery ended', { error: toPlainError(error) }));
  };

  const isFresh = () => discovery.status().status === 'idle' && catalog.isFresh(maxAgeMs());

  /** The run that follows the one that ended at `after`. */
  let due: { readonly after: number; readonly at: number; readonly cancel: () => void } | undefined;
  const startDue = (after: number) => {
    if (due?.after !== after) {
      due?.cancel();
      due = undefined;
    }
    const waitMs = due === undefined ? random() * spreadMs() : due.at - clock.now();
    const run = () => {
      due?.cancel();
      due = undefined;
      // Another run may have begun or ended meanwhile.
      if (catalog.finishedAt() === after && discovery.status().status === 'idle') start();
    };
    if (waitMs <= 0) run();
    else due ??= { after, at: clock.now() + waitMs, cancel: clock.timer(waitMs, run) };
  };

  return {
    async runAsked() {
      if (afterSignIn !== undefined) await afterSignIn;
      await discovery.run({ asked: true });
      // It joined a run that nobody waited for, and that opened no browser.
      if (needsSession()) await discovery.run({ asked: true });
    },
    run: () => discovery.run(),
    start: () => start(),
    startIfOld() {
      const finishedAt = catalog.finishedAt();
      if (finishedAt === undefined || discovery.status().status === 'running') return;
      if (Math.abs(clock.now() - finishedAt) > maxAgeMs()) startDue(finishedAt);
    },
    startUnlessFresh() {
      const finishedAt = catalog.finishedAt();
      if (finishedAt === undefined) start();
      else if (!isFresh()) startDue(finishedAt);
    },
    startAfterSignIn(source) {
      const before = discovery.status().status === 'running' ? discovery.run() : Promise.resolve();
      const begun = before
        .catch(() => {})
        .then(() => start(source))
        .finally(() => {
          if (afterSignIn === begun) afterSignIn = undefined;
        });
      afterSignIn = begun;
    },
    renew() {
      discovery.cancel();
      discovery = make();
      onStatus(discovery.status());
    },
    isFresh,
    status: () => discovery.status(),
    complete: (cluster, signal) => discovery.complete(cluster, signal),
    close() {
      due?.cancel();
      discovery.cancel();
    },
  };
}
