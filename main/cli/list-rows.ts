import type { Known } from '../agent/catalog/catalog-at-rest.ts';
import type { Kubectl, Snapshot, TunnelView } from '../model/agent-view.ts';
import type { Cluster, ClusterId } from '../model/cluster.ts';
import { contextNames } from '../model/context-name.ts';
import { isProduction } from '../model/is-production.ts';
import type { Policy } from '../model/policy.ts';
import { cellName, environmentText, openTunnels, policiesOf } from './cluster-view.ts';
import { currentContextName } from './completion/kubeconfig-texts.ts';
import { isoTime } from './json-document.ts';
import { table } from './table.ts';
import { paint, printable } from './terminal.ts';

/** What `list` has: from an agent, or from what the last one left on disk. */
export type Listed = Known | (Snapshot & { readonly caller: Kubectl | undefined });

/** A cluster as `list --json` shows it. */
export interface ListRow {
  readonly cluster: Cluster;
  readonly context: string | null;
  /** True if its context is current in the caller's kubeconfig. */
  readonly current: boolean;
  readonly favourite: boolean;
  readonly production: boolean;
  /** Of the last probe of its open tunnel. */
  readonly latencyMs: number | null;
  readonly tunnel: TunnelView | null;
  readonly kept: boolean;
  readonly policy: Policy | null;
}

/** Returns the clusters with what is known about each. */
export function listRows(known: Listed, clusters: readonly Cluster[]): readonly ListRow[] {
  const tunnels = openTunnels(known);
  const policies = policiesOf(known);
  const template = 'settings' in known ? known.settings.contextName : known.template;
  const given = 'givenNames' in known ? known.givenNames : undefined;
  const contexts = contextNames(known.clusters, { given, template });
  const current = 'agent' in known ? known.caller?.cluster : currentAtRest(known, contexts);
  const kept = new Set(known.kept);
  const favourites = new Set(known.favourites);
  return clusters.map((cluster) => {
    const tunnel = tunnels.get(cluster.id) ?? null;
    return {
      cluster,
      context: contexts.get(cluster.id) ?? null,
      current: cluster.id === current,
      favourite: favourites.has(cluster.id),
      production: isProduction(cluster),
      latencyMs: tunnel?.state.status === 'connected' ? Math.round(tunnel.state.probe.totalMs) : null,
      tunnel,
      kept: kept.has(cluster.id),
      policy: policies(cluster) ?? null,
    };
  });
}

/** Returns the cluster whose on-demand context is current. Reads no kubeconfig where there are none. */
function currentAtRest({ kept }: Known, contexts: ReadonlyMap<ClusterId, string>): ClusterId | undefined {
  if (kept.length === 0) return undefined;
  const current = currentContextName();
  return kept.find((id) => contexts.get(id) === current);
}

/** Returns a row as plain data. */
export function rowDocument({ cluster, ...row }: ListRow) {
  return { ...cluster, ...row };
}

/** Returns a table with a line for each cluster, and a heading. */
export function wideLines(rows: readonly ListRow[]): readonly string[] {
  const heading = ['', '', 'CONTEXT', 'ENVIRONMENT', 'STATUS', 'LATENCY', 'LOCATION', 'VERSION', 'UPDATED'];
  return table([
    heading,
    ...rows.map(({ cluster, context, current, favourite, latencyMs, tunnel, kept }) => [
      current ? '*' : ' ',
      favourite ? paint('yellow', '★') : ' ',
      printable(context ?? cluster.title),
      environmentText(cluster),
      tunnel?.state.status ?? (cluster.reach.kind === 'none' ? 'no tunnel' : kept ? 'on demand' : '-'),
      latencyMs === null ? '-' : `${latencyMs} ms`,
      `${cluster.source} ${cellName(cluster)}`,
      printable(cluster.version ?? '-'),
      String(isoTime(cluster.seenAt)).replace(/\.\d+Z$/, 'Z'),
    ]),
  ]);
}
