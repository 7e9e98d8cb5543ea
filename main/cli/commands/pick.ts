import { autocompleteMultiselect, isCancel } from '@clack/prompts';
import type { Kubectl, Snapshot } from '../../model/agent-view.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { matches } from '../../model/cluster-search.ts';
import { distinctions } from '../../model/distinction.ts';
import { isProduction } from '../../model/is-production.ts';
import { cellName, openTunnels } from '../cluster-view.ts';
import { kubectlLine } from '../current-context-line.ts';
import { exitCodes } from '../exit-codes.ts';
import { missingLine, offerSignIns, soonMissing } from '../missing-sign-ins.ts';
import { nothingFoundLines } from '../nothing-found.ts';
import { writeAside } from '../report.ts';
import type { Session } from '../session.ts';
import { paint, printable } from '../terminal.ts';
import { runConnect } from './connect.ts';
import { runDisconnect } from './disconnect.ts';
import { knownClusters } from './list.ts';

/**
 * Shows a searchable list with the connected clusters checked. Connects newly checked clusters, disconnects unchecked
 * ones.
 */
export async function runPick(session: Session): Promise<number> {
  const { progress } = session;
  const choicesOf = ({ clusters, tunnels }: Snapshot) => {
    const open = openTunnels({ tunnels });
    return inOrder(clusters.filter(({ id, reach }) => reach.kind !== 'none' || open.has(id)));
  };
  let snapshot = await knownClusters(session);
  progress.end();
  if (choicesOf(snapshot).length === 0 && (await offerSignIns(session)))
    snapshot = await knownClusters(session);
  progress.end();
  const open = openTunnels(snapshot);
  const choices = choicesOf(snapshot);
  if (choices.length === 0) {
    writeAside(
      snapshot.clusters.length === 0
        ? nothingFoundLines(snapshot.organisation, snapshot.publishedCatalog)
        : ['No cluster has a tunnel. `k8s-tunnels list` shows what each one lacks.'],
    );
    return exitCodes.ok;
  }
  writeAside((await soonMissing(session)).map(missingLine));
  const different = distinctions(snapshot.clusters);
  const picked = await autocompleteMultiselect<ClusterId>({
    message: `Clusters to connect · ${kubectlLine(snapshot.kubectl)}`,
    placeholder: 'Type to search',
    maxItems: 12,
    initialValues: choices.filter(({ id }) => open.has(id)).map(({ id }) => id),
    options: choices.map((cluster) => option(cluster, snapshot.kubectl, different.get(cluster.id))),
    filter: filterOf(choices),
  });
  if (isCancel(picked)) return exitCodes.interrupted;
  const closing = [...open.keys()].filter((id) => !picked.includes(id));
  const opening = picked.filter((id) => !open.has(id));
  if (closing.length > 0) await runDisconnect(session, closing);
  return opening.length > 0 ? runConnect(session, opening) : exitCodes.ok;
}

/** Asks which of the clusters that match a word are meant. Resolves with undefined if the user cancels. */
export async function pickOf(
  { kubectl, clusters: all }: Pick<Snapshot, 'kubectl' | 'clusters'>,
  clusters: readonly Cluster[],
  word: string,
): Promise<readonly ClusterId[] | undefined> {
  const different = distinctions(all);
  const picked = await autocompleteMultiselect<ClusterId>({
    message: `Clusters that match "${printable(word)}"`,
    placeholder: 'Type to search, Tab to select',
    maxItems: 12,
    required: true,
    options: inOrder(clusters).map((cluster) => option(cluster, kubectl, different.get(cluster.id))),
    filter: filterOf(clusters),
  });
  return isCancel(picked) ? undefined : picked;
}

function inOrder(clusters: readonly Cluster[]): readonly Cluster[] {
  return clusters.toSorted(
    (a, b) => Number(isProduction(a)) - Number(isProduction(b)) || a.title.localeCompare(b.title),
  );
}

function option(cluster: Cluster, kubectl: Kubectl, different: string | undefined) {
  return {
    value: cluster.id,
    label: label(cluster, kubectl),
    hint: [printable(cluster.environment ?? ''), cellName(cluster), printable(different ?? '')]
      .filter(Boolean)
      .join(' '),
  };
}

/** Finds clusters as the window and `list` do. */
function filterOf(clusters: readonly Cluster[]) {
  const known = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  return (search: string, { value }: { readonly value: ClusterId }): boolean => {
    const cluster = known.get(value);
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return cluster !== undefined && matches(cluster, words);
  };
}

/** Puts production and the current context into the label: the prompt shows hints only for the row under the cursor. */
function label(cluster: Cluster, kubectl: Kubectl): string {
  const title = printable(cluster.title);
  const current = cluster.id === kubectl.cluster ? [paint('dim', '(current context)')] : [];
  return isProduction(cluster)
    ? [paint(['red', 'bold'], `${title}  production`), ...current].join(' ')
    : [title, ...current].join(' ');
}
