import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigPlace } from '../kubeconfig/kubeconfig.ts';
import type { Clock, Logger } from '../parts.ts';
import { readPreviousContexts } from './previous-contexts.ts';
import { checkLimit, checkSwitch, unconfirmedBack } from './production-guard.ts';
import { placeOf, type Remembered } from './remembered.ts';
import { readSwitchLimits, type SwitchLimit } from './switch-limits.ts';

/** Switches the current context, permanently or for a limited time, and back. */
export interface CurrentContext {
  /**
   * Makes the cluster current in that kubeconfig, with `forMs` for that long. Rejects with `production-unconfirmed` if
   * it or the context to restore is a production cluster and `production` is not set, and as `Kubeconfig` does.
   */
  use(options: {
    readonly cluster: Cluster;
    readonly place: KubeconfigPlace;
    readonly production: boolean;
    readonly forMs: number | undefined;
    /** Opens the tunnel and makes sure that the kubeconfig has the entry, after the user may no longer be asked. */
    readonly prepare: () => Promise<void>;
  }): Promise<void>;
  /** Makes a context of another program current. Rejects as `Kubeconfig` does. */
  switchForeign(place: KubeconfigPlace, context: string): Promise<void>;
  /**
   * Restores the context that was current before ours, or before the last switch to
   * a context of another program. Rejects with
   * `not-found` if there is none, with `production-unconfirmed` as `use` does.
   */
  back(options: { readonly place: KubeconfigPlace; readonly production: boolean }): Promise<void>;
  /**
   * Rejects with `production-unconfirmed` if the end of this cluster's time limit would restore a production cluster.
   * Resolves with the cluster to restore, if it is one of ours.
   */
  checkLimit(place: KubeconfigPlace, id: ClusterId, confirmed: boolean): Promise<ClusterId | undefined>;
  /**
   * Runs a switch to this cluster. With `forMs`, its limit is written to disk first, so that no crash leaves a switch
   * without its end.
   */
  switching<T>(
    place: KubeconfigPlace,
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
    place: KubeconfigPlace,
    id: ClusterId,
  ): Promise<{ readonly until: number; readonly back: string | undefined } | undefined>;
  /** Removes the time limits of these clusters: those in that kubeconfig, in all where undefined. */
  dropLimits(ids: readonly ClusterId[], place?: KubeconfigPlace): Promise<void>;
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
  const placeOfLimit = (id: ClusterId, stored: SwitchLimit['place']): KubeconfigPlace | undefined => {
    const connection = remembered.get(id);
    return connection && placeOf(stored === undefined ? connection : { ...connection, place: stored });
  };
  const previous = await readPreviousContexts(options);
  const limits = await readSwitchLimits({
    ...options,
    async announce({ cluster: id, until, place: stored }) {
      const place = placeOfLimit(id, stored);
      const back = place && (await kubeconfig.previous(place, id));
      if (back !== undefined) notice('warning', announcement(titleOf(id), back.context, until));
    },
    async end({ cluster: id, back: agreed, place: stored }) {
      const place = placeOfLimit(id, stored);
      if (place === undefined) return;
      // The context to restore may have changed since the user confirmed, and now nobody is asked.
      const ours = remembered.all().flatMap(({ cluster }) => catalog.get(cluster) ?? []);
      const unasked = unconfirmedBack(ours, { isGuarded: isGuarded(), limited: id, agreed });
      if (unasked.length > 0 && (await kubeconfig.current(place)).id === id)
        await kubeconfig.release(place, unasked);
      const back = await kubeconfig.previous(place, id);
      // If another context is current by now, this one must not be restored when that one ends.
      const { warnings, failures } = await kubeconfig.release(place, [id]);
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
  const clusterAfter = async (place: KubeconfigPlace, id: ClusterId): Promise<Cluster | undefined> => {
    const { id: current } = await kubeconfig.current(place);
    const next = current === id ? (await kubeconfig.previous(place, id))?.id : current;
    return next === undefined ? undefined : catalog.get(next as ClusterId);
  };
  const switching: CurrentContext['switching'] = async (place, id, { forMs, back }, work) => {
    if (forMs === undefined) return work();
    const hadLimit = limits.until(id, place) !== undefined;
    await limits.set(id, place, forMs, back);
    try {
      return await work();
    } catch (error) {
      if (!hadLimit) await limits.drop([id], place);
      throw error;
    }
  };
  const check: CurrentContext['checkLimit'] = async (place, id, confirmed) => {
    const back = await clusterAfter(place, id);
    checkLimit(back, { isGuarded: isGuarded(), confirmed });
    return back?.id;
  };

  const backFromForeign = async (
    place: KubeconfigPlace,
    context: string | undefined,
    production: boolean,
  ): Promise<void> => {
    const name = previous.get(place);
    const found = (await kubeconfig.contexts(place)).find((one) => one.name === name);
    if (found === undefined)
      throw new AppError('not-found', 'The current context was not set by k8s-tunnels.', {
        hint: 'There is no previous context to go back to.',
      });
    const cluster = found.id === undefined ? undefined : catalog.get(found.id as ClusterId);
    if (cluster !== undefined)
      checkSwitch(cluster, { isGuarded: isGuarded(), current: undefined, confirmed: production });
    if (found.id === undefined) await kubeconfig.switchForeign(place, found.name);
    else await kubeconfig.use(place, found.id);
    await previous.put(place, context);
  };

  return {
    async use({ cluster, place, production, forMs, prepare }) {
      const { id } = cluster;
      const { id: current } = await kubeconfig.current(place);
      // Removing the time limit of a switch counts as a switch too.
      const endsLimit = forMs === undefined && limits.until(id, place) !== undefined;
      checkSwitch(cluster, {
        isGuarded: isGuarded(),
        current: endsLimit ? undefined : current,
        confirmed: production,
      });
      const back = forMs === undefined ? undefined : await check(place, id, production);
      await prepare();
      await switching(place, id, { forMs, back }, () => kubeconfig.use(place, id));
      if (forMs === undefined) await limits.drop([id], place);
      if (current !== id) await previous.put(place, undefined);
    },
    async switchForeign(place, context) {
      const { context: before } = await kubeconfig.current(place);
      await kubeconfig.switchForeign(place, context);
      if (before !== context) await previous.put(place, before);
    },
    async back({ place, production }) {
      const { id, context } = await kubeconfig.current(place);
      if (id === undefined) {
        await backFromForeign(place, context, production);
        return;
      }
      const next = await clusterAfter(place, id as ClusterId);
      if (next !== undefined)
        checkSwitch(next, { isGuarded: isGuarded(), current: id, confirmed: production });
      const { failures } = await kubeconfig.release(place, [id]);
      if (failures[0] !== undefined) throw failures[0];
      await limits.drop([id as ClusterId], place);
      await previous.put(place, undefined);
    },
    checkLimit: check,
    switching,
    async limit(place, id) {
      const until = limits.until(id, place);
      if (until === undefined) return undefined;
      return { until, back: (await kubeconfig.previous(place, id))?.context };
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
