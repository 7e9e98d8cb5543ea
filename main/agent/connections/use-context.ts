import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { CurrentContext } from './current-context.ts';
import type { Entries } from './entries.ts';
import { type Remembered, sourceOf, withSource } from './remembered.ts';

/** Makes clusters of ours current in any kubeconfig: opens what is closed, adds the entry where it is missing. */
export function createUseContext(options: {
  readonly tunnels: Tunnels;
  readonly ports: Pick<Ports, 'known'>;
  readonly kubeconfig: Kubeconfig;
  readonly remembered: Remembered;
  readonly currentContext: CurrentContext;
  readonly entries: Entries;
  readonly demand: Connections['demand'];
}): Connections['use'] {
  const { tunnels, ports, kubeconfig, remembered, currentContext, entries, demand } = options;
  return async ({ cluster, source: wanted, production, forMs }) => {
    const { id, title } = cluster;
    const connection = remembered.get(id);
    if (connection === undefined) {
      throw new AppError('not-found', `${title} is not connected.`, {
        hint: `Connect it first: ${command`k8s-tunnels connect ${entries.nameOf(cluster)}`}`,
      });
    }
    const source = wanted ?? sourceOf(connection);
    const prepare = async () => {
      if (connection.status !== 'open') await demand(id, { interactive: true });
      if ((await kubeconfig.entry(source, id)) !== undefined) return;
      const tunnel = tunnels.find(id);
      const entry = await (tunnel === undefined
        ? entries.through(cluster, ports.known(id))
        : entries.of(cluster, tunnel));
      await entries.write(source, [entry]);
      const now = remembered.get(id) ?? connection;
      await remembered.put([withSource(now, { cluster: id, source, status: now.status })]);
    };
    await currentContext.use({ cluster, source, production, forMs, prepare });
  };
}
