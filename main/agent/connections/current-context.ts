import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { Clock, Logger } from '../parts.ts';
import { readPreviousContexts } from './previous-contexts.ts';
import { checkLimit, checkSwitch, unconfirmedBack } from './production-guard.ts';
import { type Remembered, sourceOf } from './remembered.ts';
import { readSwitchLimits, type SwitchLimit } from './switch-limits.ts';

/** Switches the current context, permanently or for a limited time, and back. */
export interface CurrentContext {
  /**
   * Makes the cluster current in that kubeconfig, with `forMs` for that long. Rejects with `production-unconfirmed` if
   * it or the context to restore is a production cluster and `production` is not set, and as `Kubeconfig` does.
   */
  use(options: {
    readonly cluster: Cluster;
    readonly source: KubeconfigSource;
    readonly production: boolean;
    readonly forMs: number | undefined;
    /** Opens the tunnel and makes sure that the kubeconfig has the entry, after the user may no longer be asked. */
    readonly prepare: () => Promise<void>;
  }): Promise<void>;
  /** Makes a context of another program current. Rejects as `Kubeconfig` does. */
  switchForeign(source: KubeconfigSource, context: string): Promise<void>;
  /**
   * Restores the context that was current before ours, or before the last switch to
   * a context of another program. Rejects with
   * `not-found` if there is none, with `production-unconfirmed` as `use` does.
   */
  back(options: { readonly source: KubeconfigSource; readonly production: boolean }): Promise<void>;
  /**
   * Rejects with `production-unconfirmed` if the end of this cluster's time limit would restore a production cluster.
   * Resolves with the cluster to restore, if it is one of ours.
   */
  checkLimit(source: KubeconfigSource, id: ClusterId, confirmed: boolean): Promise<ClusterId | undefined>;
  /**
   * Runs a switch to this cluster. With `forMs`, its limit is written to disk first, so that no crash leaves a switch
   * without its end.
   */
  switching<T>(
    source: KubeconfigSource,
    id: ClusterId,
    limit: {
      readonly forMs: number | undefined;
      /** The result of `checkLimit`. */
      readonly back: ClusterId | undefined;
    },
    work: () => Promise<T>,
  ): Promise<T>;
  /** Resolves with the end of a cluster's time limit, and the context that is restored then. */
  limit(
    source: KubeconfigSource,
    id: ClusterId,
  ): Promise<{ readonly until: number; readonly back: string | undefined } | undefined>;
  /** Removes the time limits of these clusters: those in that kubeconfig, in all where undefined. */
  dropLimits(ids: readonly ClusterId[], source?: KubeconfigSource): Promise<void>;
  /** Announces and ends the limits that are due. Resolves with true if one is left: call it about every second then. */
  checkLimits(): Promise<boolean>;
}

export async function createCurrentContext(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalog: Catalog;
  readonly kubeconfig: Kubeconfig;
  readonly remembered: Remembered;
  /** Returns true if production requires a confirmation at all. */
  readonly isGuarded: () => boolean;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  readonly noticeOnce: (level: 'info' | 'warning', message: string) => void;
}): Promise<CurrentContext> {
  const { catalog, kubeconfig, remembered, isGuarded, notice, noticeOnce } = options;
  const titleOf = (id: ClusterId) => catalog.get(id)?.title ?? id;
  /** Returns undefined for a cluster without an entry of ours. */
  const sourceOfLimit = (id: ClusterId, stored: SwitchLimit['place']): KubeconfigSource | undefined => {
    const connection = remembered.get(id);
    return connection && sourceOf(stored === undefined ? connection : { ...connection, place: stored });
  };
  const previous = await readPreviousContexts(options);
  const limits = await readSwitchLimits({
    ...options,
    async announce({ cluster: id, until, place: stored }) {
      const source = sourceOfLimit(id, stored);
      const back = source && (await kubeconfig.previous(source, id));
      if (back !== undefined) notice('warning', announcement(titleOf(id), back.context, until));
    },
    async end({ cluster: id, back: agreed, place: stored }) {
      const source = sourceOfLimit(id, stored);
      if (source === undefined) return;
      // The context to restore may have changed since the user confirmed, and now nobody is asked.
      const ours = remembered.all().flatMap(({ cluster }) => catalog.get(cluster) ?? []);
      const unasked = unconfirmedBack(ours, { isGuarded: isGuarded(), limited: id, agreed });
      if (unasked.length > 0 && (await kubeconfig.current(source)).id === id)
        await kubeconfig.release(source, unasked);
      const back = await kubeconfig.previous(source, id);
      // If another context is current by now, this one must not be restored when that one ends.
      const { warnings, failures } = await kubeconfig.release(source, [id]);
      // The next check tries again.
      if (failures[0] !== undefined) throw failures[0];
      for (const warning of warnings) noticeOnce('warning', warning);
      if (back !== undefined)
        notice(
          'info',
          `The time limit of ${titleOf(id)} ended: the current context is ${back.context ?? 'none'} again.`,
        );
    },
  });
  /** Resolves with our cluster that becomes current when this one is released. */
  const clusterAfter = async (source: KubeconfigSource, id: ClusterId): Promise<Cluster | undefined> => {
    const { id: current } = await kubeconfig.current(source);
    const next = current === id ? (await kubeconfig.previous(source, id))?.id : current;
    return next === undefined ? undefined : catalog.get(next as ClusterId);
  };
  const switching: CurrentContext['switching'] = async (source, id, { forMs, back }, work) => {
    if (forMs === undefined) return work();
    const hadLimit = limits.until(id, source) !== undefined;
    await limits.set(id, source, forMs, back);
    try {
      return await work();
    } catch (error) {
      if (!hadLimit) await limits.drop([id], source);
      throw error;
    }
  };
  const check: CurrentContext['checkLimit'] = async (source, id, confirmed) => {
    const back = await clusterAfter(source, id);
    checkLimit(back, { isGuarded: isGuarded(), confirmed });
    return back?.id;
  };

  const backFromForeign = async (
    source: KubeconfigSource,
    context: string | undefined,
    production: boolean,
  ): Promise<void> => {
    const name = previous.get(source);
    const found = (await kubeconfig.contexts(source)).find((one) => one.name === name);
    if (found === undefined)
      throw new AppError('not-found', 'The current context was not set by k8s-tunnels.', {
        hint: 'There is no previous context to go back to.',
      });
    const cluster = found.id === undefined ? undefined : catalog.get(found.id as ClusterId);
    if (cluster !== undefined)
      checkSwitch(cluster, { isGuarded: isGuarded(), current: undefined, confirmed: production });
    if (found.id === undefined) await kubeconfig.switchForeign(source, found.name);
    else await kubeconfig.use(source, found.id);
    await previous.put(source, context);
  };

  return {
    async use({ cluster, source, production, forMs, prepare }) {
      const { id } = cluster;
      const { id: current } = await kubeconfig.current(source);
      // Removing the time limit of a switch counts as a switch too.
      const endsLimit = forMs === undefined && limits.until(id, source) !== undefined;
      checkSwitch(cluster, {
        isGuarded: isGuarded(),
        current: endsLimit ? undefined : current,
        confirmed: production,
      });
      const back = forMs === undefined ? undefined : await check(source, id, production);
      await prepare();
      await switching(source, id, { forMs, back }, () => kubeconfig.use(source, id));
      if (forMs === undefined) await limits.drop([id], source);
      if (current !== id) await previous.put(source, undefined);
    },
    async switchForeign(source, context) {
      const { context: before } = await kubeconfig.current(source);
      await kubeconfig.switchForeign(source, context);
      if (before !== context) await previous.put(source, before);
    },
    async back({ source, production }) {
      const { id, context } = await kubeconfig.current(source);
      if (id === undefined) {
        await backFromForeign(source, context, production);
        return;
      }
      const next = await clusterAfter(source, id as ClusterId);
      if (next !== undefined)
        checkSwitch(next, { isGuarded: isGuarded(), current: id, confirmed: production });
      const { failures } = await kubeconfig.release(source, [id]);
      if (failures[0] !== undefined) throw failures[0];
      await limits.drop([id as ClusterId], source);
      await previous.put(source, undefined);
    },
    checkLimit: check,
    switching,
    async limit(source, id) {
      const until = limits.until(id, source);
      if (until === undefined) return undefined;
      return { until, back: (await kubeconfig.previous(source, id))?.context };
    },
    dropLimits: limits.drop,
    checkLimits: limits.check,
  };
}

/** Names the time of day: the notice may be read after it has passed. */
function announcement(title: string, back: string | undefined, until: number): string {
  const at = new Date(until).toTimeString().slice(0, 5);
  return back === undefined
    ? `At ${at}, ${title} stops being the current context; there was none before it.`
    : `At ${at}, the current context switches back from ${title} to ${back}.`;
}
