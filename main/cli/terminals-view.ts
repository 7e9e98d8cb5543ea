import type { Cluster, ClusterId } from '../model/cluster.ts';
import type { Confirmation } from '../model/confirmation.ts';
import type { Terminal } from '../model/terminal.ts';
import { environmentText } from './cluster-view.ts';
import { span } from './span.ts';
import { table } from './table.ts';
import { paint, printable } from './terminal.ts';

const kinds = { shell: 'shell', env: 'env', exec: 'command', mcp: 'AI client' } as const;

/** Lists the terminals with a kubeconfig of their own, by cluster, production first as the agent orders them. */
export function terminalLines(
  terminals: readonly Terminal[],
  clusters: ReadonlyMap<ClusterId, Cluster>,
  now: number,
): readonly string[] {
  if (terminals.length === 0) return [];
  const rows = terminals.map(({ cluster: id, kind, pid, since, namespace, production, readOnly }) => {
    const cluster = clusters.get(id);
    return [
      paint(production ? ['red', 'bold'] : 'dim', '>_'),
      printable(cluster?.title ?? id),
      cluster === undefined ? '' : environmentText(cluster),
      `${kinds[kind]}, process ${pid}`,
      namespace === undefined ? '' : `namespace ${printable(namespace)}`,
      readOnly === undefined ? '' : 'read-only',
      `for ${span(now - since)}`,
    ];
  });
  return ['Terminals', ...table(rows, '  ')];
}

/** Names the AI clients that wait until the user allows them to read production. */
export function questionLines(
  confirmations: readonly Confirmation[],
  clusters: ReadonlyMap<ClusterId, Cluster>,
): readonly string[] {
  return confirmations.map(({ client, cluster, pid }) => {
    const title = clusters.get(cluster)?.title ?? cluster;
    return `${paint('yellow', '!')} ${printable(client)} (process ${pid}) asks to read ${printable(title)}: answer in the window or the tray.`;
  });
}
