import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import { type ClusterId, clusterIdSchema } from '../../model/cluster.ts';
import { singleFlight } from '../async/single-flight.ts';
import type { Clock, Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';

/** How long before its end a time limit is announced. */
const announceMs = 2 * 60_000;

const limitSchema = z.object({
  cluster: clusterIdSchema,
  /** ms since the epoch. */
  until: z.number(),
  /** True once the end has been announced, or where the limit is too short for that. */
  announced: z.boolean(),
  /** The cluster that was to be restored when the limit was set. */
  back: clusterIdSchema.optional(),
});
type SwitchLimit = z.infer<typeof limitSchema>;

/**
 * Stores which clusters are current for a limited time, also on disk: a new agent ends the limits of an earlier one.
 */
export interface SwitchLimits {
  /** Returns when the cluster stops being current, or undefined if it has no time limit. */
  until(id: ClusterId): number | undefined;
  /** Sets the time limit of a cluster, from now on. */
  set(id: ClusterId, forMs: number, back: ClusterId | undefined): Promise<void>;
  /** Removes the time limits of these clusters. */
  drop(ids: readonly ClusterId[]): Promise<void>;
  /**
   * Announces and ends what is due. Call it often: a timer that was set before the computer slept fires late. The next
   * call retries what cannot be ended now. Resolves with true if a limit is left.
   */
  check(): Promise<boolean>;
}

export async function readSwitchLimits(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the end of a time limit is near. */
  readonly announce: (id: ClusterId, until: number) => Promise<void>;
  /**
   * Restores the context before this cluster's, if this cluster's is still current. `back` is the value that was set.
   */
  readonly end: (id: ClusterId, back: ClusterId | undefined) => Promise<void>;
}): Promise<SwitchLimits> {
  const { folder, clock, logger, announce, end } = options;
  const file = jsonFile<readonly SwitchLimit[]>({
    file: path.join(folder, 'switch-limits.json'),
    version: 1,
    schema: z.array(limitSchema),
    onUnreadable: (name, reason) =>
      logger.warn('The time limits of the current context cannot be read', { file: name, reason }),
  });
  const limits = new Map((await file.read())?.map((limit) => [limit.cluster, limit]));
  const save = () => file.write([...limits.values()]);

  const checkAll = async () => {
    const now = clock.now();
    for (const limit of [...limits.values()]) {
      const { cluster, until, announced } = limit;
      const isSame = () => limits.get(cluster) === limit;
      try {
        if (until <= now) {
          await end(cluster, limit.back);
          // The user may have set another limit meanwhile.
          if (isSame()) {
            limits.delete(cluster);
            await save();
          }
        } else if (!announced && until - announceMs <= now) {
          limits.set(cluster, { ...limit, announced: true });
          await save();
          await announce(cluster, until);
        }
      } catch (error) {
        logger.warn('A time limit of the current context was not applied', {
          cluster,
          error: toPlainError(error),
        });
      }
    }
    return limits.size > 0;
  };

  return {
    until: (id) => limits.get(id)?.until,
    async set(id, forMs, back) {
      limits.set(id, {
        cluster: id,
        until: clock.now() + forMs,
        announced: forMs <= announceMs,
        ...(back === undefined ? {} : { back }),
      });
      await save();
    },
    async drop(ids) {
      const known = ids.filter((id) => limits.delete(id));
      if (known.length > 0) await save();
    },
    check: singleFlight(checkAll),
  };
}
