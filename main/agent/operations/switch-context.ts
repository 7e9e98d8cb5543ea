import type { Agent } from '../agent.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { CurrentContexts } from '../kubeconfig/follow-current.ts';

/** Switches the current context to a connected cluster, or back. */
export function switchOperation(options: {
  readonly catalog: Pick<Catalog, 'find'>;
  readonly connections: Pick<Connections, 'use' | 'back'>;
  readonly restored: Promise<void>;
  readonly current: Pick<CurrentContexts, 'placeFor' | 'kubectlAfter' | 'look' | 'lookNow'>;
}): Agent['switchTo'] {
  const { catalog, connections, restored, current } = options;
  return async ({ cluster, place, production = false, minutes }) => {
    await restored;
    if (cluster === '-') await connections.back({ place: current.placeFor(place), production });
    else
      await connections.use({
        cluster: catalog.find(cluster),
        production,
        forMs: minutes && minutes * 60_000,
      });
    await current.look();
    if (minutes !== undefined) current.lookNow();
    // The switch is made: another file that cannot be read does not make it a failure.
    const { kubectl } = await current.kubectlAfter(place, []);
    return { kubectl };
  };
}
