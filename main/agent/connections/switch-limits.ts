import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import { type ClusterId, clusterIdSchema } from '../../model/cluster.ts';
import { kubeconfigSourceSchema } from '../../model/kubeconfig-source.ts';
import { singleFlight } from '../async/single-flight.ts';
import type { KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { Clock, Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import { keyOf } from './remembered.ts';

/** How long before its end a time limit is announced. */
const announceMs = 2 * 60_000;

const limitSchema = z.object({
  cluster: clusterIdSchema,
  /** The kubeconfig in which it is current. Missing in files of an earlier version: that of the connection. */
  place: kubeconfigSourceSchema.optional(),
  /** ms since the epoch. */
  until: z.number(),
  /** True once the end has been announced, or where the limit is too short for that. */
  announced: z.boolean(),
  /** The cluster that was to be restored when the limit was set. */
  back: clusterIdSchema.optional(),
});
export type SwitchLimit = z.infer<typeof limitSchema>;

/**
 * Stores which clusters are current for a limited time, also on disk: a new agent ends the limits of an earlier one.
 */
export interface SwitchLimits {
  /** Returns when the cluster stops being current in that kubeconfig, or undefined if it has no time limit there. */
  until(id: ClusterId, source: KubeconfigSource): number | undefined;
  /** Sets the time limit of a cluster in a kubeconfig, from now on. */
  set(id: ClusterId, source: KubeconfigSource, forMs: number, back: ClusterId | undefined): Promise<void>;
  /** Removes the time limits of these clusters: those in that kubeconfig, in all where undefined. */
  drop(ids: readonly ClusterId[], source?: KubeconfigSource): Promise<void>;
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
  readonly announce: (limit: SwitchLimit) => Promise<void>;
  /**
   * Restores the context before this cluster's, if this cluster's is still current. `back` is the value that was set.
   */
  readonly end: (limit: SwitchLimit) => Promise<void>;
}): Promise<SwitchLimits> {
  const { folder, clock, logger, announce, end } = options;
  const file = jsonFile<readonly SwitchLimit[]>({
    file: path.join(folder, 'switch-limits.json'),
    version: 1,
    schema: z.array(limitSchema),
    onUnreadable: (name, reason) =>
      logger.warn('The time limits of the current context cannot be read', { file: name, reason }),
  });
  const limits = new Map((await file.read())?.map((limit) => [limitKey(limit.cluster, limit.place), limit]));
  const find = (id: ClusterId, source: KubeconfigSource) =>
    limits.get(limitKey(id, source)) ?? limits.get(limitKey(id, undefined));
  const save = () => file.write([...limits.values()]);

  const checkAll = async () => {
    const now = clock.now();
    for (const limit of [...limits.values()]) {
      const { cluster, until, announced } = limit;
      const key = limitKey(cluster, limit.place);
      const isSame = () => limits.get(key) === limit;
      try {
        if (until <= now) {
          await end(limit);
          // The user may have set another limit meanwhile.
          if (isSame()) {
            limits.delete(key);
            await save();
          }
        } else if (!announced && until - announceMs <= now) {
          limits.set(key, { ...limit, announced: true });
          await save();
          await announce(limit);
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
    until: (id, source) => find(id, source)?.until,
    async set(id, source, forMs, back) {
      limits.delete(limitKey(id, undefined));
      limits.set(limitKey(id, source), {
        cluster: id,
        place: { ...source },
        until: clock.now() + forMs,
        announced: forMs <= announceMs,
        ...(back === undefined ? {} : { back }),
      });
      await save();
    },
    async drop(ids, source) {
      const dropped = [...limits].filter(
        ([key, { cluster, place: of }]) =>
          ids.includes(cluster) &&
          (source === undefined || of === undefined || key === limitKey(cluster, source)),
      );
      for (const [key] of dropped) limits.delete(key);
      if (dropped.length > 0) await save();
    },
    check: singleFlight(checkAll),
  };
}

function limitKey(id: ClusterId, source: SwitchLimit['place'] | KubeconfigSource): string {
  const { kubeconfig, cwd = '', home = '' } = source ?? {};
  return `${id} ${keyOf({ kubeconfig, cwd, home })}`;
}
