import { isFailed } from '../../model/is-failed.ts';
import type { Activity } from '../activity/activity.ts';
import type { Agent } from '../agent.ts';
import type { Caller } from '../callers/caller.ts';
import type { Callers } from '../callers/callers.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Schedule } from '../discovery/schedule.ts';
import { startShellDiscovery } from '../discovery/shell-discovery.ts';
import type { Clock, Logger } from '../parts.ts';

/** Refreshes the catalog: with the agent's environment, and at the same time with the variables of the caller's shell. */
export function discoverOperation(options: {
  readonly callers: Pick<Callers<Pick<Caller, 'discovery'>>, 'of'>;
  readonly schedule: Pick<Schedule, 'runAsked'>;
  readonly catalog: Pick<Catalog, 'clusters' | 'cells'>;
  readonly activity: Pick<Activity, 'during'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}): Agent['discover'] {
  const { callers, schedule, catalog, activity, clock, logger } = options;
  return async ({ environment, onlyNew } = {}) => {
    const start = clock.now();
    const { discovery } = callers.of(environment);
    if (onlyNew) {
      if (discovery !== undefined && !discovery.hasBegun()) startShellDiscovery(discovery, logger);
    } else if (discovery === undefined) {
      await activity.during(['discovery'], schedule.runAsked);
    } else {
      const [ofShell] = await activity.during(['discovery'], () =>
        Promise.all([discovery.run(), schedule.runAsked()]),
      );
      // The shell may read what the agent cannot, and fail where the agent does not.
      const failed = new Map(
        [...catalog.cells().filter(isFailed), ...ofShell.failed].map((cell) => [cell.id, cell]),
      );
      for (const id of ofShell.read) failed.delete(id);
      const { length } = catalog.clusters();
      return { clusters: length, failed: [...failed.values()], tookMs: clock.now() - start };
    }
    return {
      clusters: catalog.clusters().length,
      failed: catalog.cells().filter(isFailed),
      tookMs: clock.now() - start,
    };
  };
}
