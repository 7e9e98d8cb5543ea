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
  /** Starts a run if the last full one is older than the setting allows, for example when a computer wakes up. */
  startIfOld(): void;
  /** Starts a run of the source that was signed in to, after the current one, which began without the new session. */
  startAfterSignIn(source: Source): void;
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
  readonly onStatus: (status: DiscoveryStatus) => void;
}): Schedule {
  const { sources, catalog, clock, logger, maxAgeMs, onStatus } = options;
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

  return {
    async runAsked() {
      if (afterSignIn !== undefined) await afterSignIn;
      await discovery.run({ asked: true });
    },
    run: () => discovery.run(),
    start: () => start(),
    startIfOld() {
      const finishedAt = catalog.finishedAt();
      if (finishedAt === undefined || discovery.status().status === 'running') return;
      if (Math.abs(clock.now() - finishedAt) > maxAgeMs()) start();
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
    isFresh: () => discovery.status().status === 'idle' && catalog.isFresh(maxAgeMs()),
    status: () => discovery.status(),
    complete: (cluster, signal) => discovery.complete(cluster, signal),
    close: () => discovery.cancel(),
  };
}
