import type { ClusterId } from '../../model/cluster.ts';
import { isProduction } from '../../model/is-production.ts';
import type { Terminal } from '../../model/terminal.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { StoredTerminal } from './terminals.ts';

/** Returns the terminals as shells show them: by cluster, production first, the oldest of a cluster first. */
export function terminalViews(
  terminals: readonly StoredTerminal[],
  catalog: Pick<Catalog, 'get'>,
): readonly Terminal[] {
  const titleOf = (id: ClusterId) => catalog.get(id)?.title ?? id;
  return terminals
    .map(({ start: _, form: __, ...terminal }) =>
      isProduction(catalog.get(terminal.cluster) ?? {})
        ? { ...terminal, production: true as const }
        : terminal,
    )
    .toSorted(
      (a, b) =>
        Number('production' in b) - Number('production' in a) ||
        titleOf(a.cluster).localeCompare(titleOf(b.cluster)) ||
        a.since - b.since,
    );
}
