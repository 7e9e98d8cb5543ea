import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Agent } from '../agent.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { CurrentContexts } from '../kubeconfig/follow-current.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';

/**
 * Switches the current context of the caller's kubeconfig: to one of its contexts by the exact name, ours or not, to a
 * cluster of ours by any of its names, or back.
 */
export function switchOperation(options: {
  readonly catalog: Pick<Catalog, 'find' | 'get'>;
  readonly kubeconfig: Pick<Kubeconfig, 'contexts'>;
  readonly connections: Pick<Connections, 'use' | 'switchForeign' | 'back'>;
  readonly restored: Promise<void>;
  readonly current: Pick<CurrentContexts, 'sourceFor' | 'kubectl' | 'look' | 'lookNow'>;
}): Agent['switchTo'] {
  const { catalog, kubeconfig, connections, restored, current } = options;

  const switchTo = async ({
    cluster: word,
    place: caller,
    production = false,
    minutes,
  }: Parameters<Agent['switchTo']>[0]): Promise<void> => {
    const source = current.sourceFor(caller);
    if (word === '-') return connections.back({ source, production });
    const named = (await kubeconfig.contexts(source)).find(({ name }) => name === word);
    if (named !== undefined && named.id === undefined) {
      if (minutes === undefined) return connections.switchForeign(source, word);
      throw new AppError(
        'bad-input',
        `${word} is not a context of k8s-tunnels: its switch has no time limit.`,
        {
          hint: 'Leave out --for.',
        },
      );
    }
    // What the file says counts: its user may have renamed the context.
    const known = named?.id === undefined ? undefined : catalog.get(named.id as ClusterId);
    return connections.use({
      cluster: known ?? catalog.find(word),
      source,
      production,
      forMs: minutes && minutes * 60_000,
    });
  };

  return async (asked) => {
    await restored;
    await switchTo(asked);
    await current.look();
    if (asked.minutes !== undefined) current.lookNow();
    // The switch is made: another file that cannot be read does not make it a failure.
    return { kubectl: await current.kubectl(asked.place).catch(() => ({})) };
  };
}
