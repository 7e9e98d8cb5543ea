import { toPlainError } from '../../model/app-error.ts';
import type { DiscoveryStatus } from '../../model/discovery-status.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock, Logger } from '../parts.ts';
import type { DiscoverySource } from '../providers/discovery-source.ts';
import { createDiscovery, type Discovery } from './discovery.ts';

/** When discovery runs, and with which sources. */
export interface Schedule extends Pick<Discovery, 'complete'> {
  /** Runs because the user asked. A run that began before the last sign-in is not what they ask for. */
  runAsked(): Promise<void>;
  /** Runs, or joins a run, to find what is not known. */
  run(): Promise<void>;
  /** Starts a run that nobody waits for. */
  start(): void;
  /** Starts one where the last whole run is older than the settings want: a computer that slept finds out when it wakes. */
  startIfOld(): void;
  /** Starts one after the run that is under way, which began without a sign-in that is there now. */
  startAfterSignIn(): void;
  /** Ends the run and makes the sources again: settings, the organisation or sign-ins have changed. */
  renew(): void;
  /** Whether all is known that a run now would find. */
  isFresh(): boolean;
  close(): void;
}

export function createSchedule(options: {
  /** The sources by what is set at the moment. */
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
        // One that was replaced ends while its successor may be running.
        if (made === discovery) onStatus(status);
      },
    });
    return made;
  };
  let discovery = make();
  onStatus(discovery.status());
  /** The run that follows the last sign-in has begun. */
  let afterSignIn: Promise<void> | undefined;

  const start = () => {
    discovery.run().catch((error: unknown) => logger.warn('Discovery ended', { error: toPlainError(error) }));
  };

  return {
    async runAsked() {
      if (afterSignIn !== undefined) await afterSignIn;
      await discovery.run({ asked: true });
    },
    run: () => discovery.run(),
    start,
    startIfOld() {
      const finishedAt = catalog.finishedAt();
      if (finishedAt === undefined || discovery.status().status === 'running') return;
      if (Math.abs(clock.now() - finishedAt) > maxAgeMs()) start();
    },
    startAfterSignIn() {
      const before = discovery.status().status === 'running' ? discovery.run() : Promise.resolve();
      const begun = before
        .catch(() => {})
        .then(start)
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
    complete: (cluster, signal) => discovery.complete(cluster, signal),
    close: () => discovery.cancel(),
  };
}
