import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { contextName, contextNames, withId } from '../../model/context-name.ts';
import { nearest } from '../../model/nearest.ts';

/**
 * Finds the cluster that the user means: by exact ID, else by title or context name, or by its name at the source. Case
 * matters only where it distinguishes two. Throws `ambiguous-cluster` with the IDs, or `not-found` with similar names.
 */
export function findCluster(
  text: string,
  clusters: ReadonlyMap<ClusterId, Cluster>,
  template?: string,
): Cluster {
  const exact = clusters.get(text as ClusterId);
  if (exact !== undefined) return exact;
  const all = [...clusters.values()];
  const lower = text.toLowerCase();
  let names: ReadonlyMap<ClusterId, string> | undefined;
  const contexts = () => {
    names ??= contextNames(all, { template });
    return names;
  };
  const readings: readonly ((cluster: Cluster) => boolean)[] = [
    // Match titles and context names together: a title must not take a name that is another cluster's context.
    (cluster) =>
      cluster.title === text ||
      // The name without a suffix, or the name in an older kubeconfig from when the short name belonged to another
      // cluster.
      contextName(cluster, []) === text ||
      (template !== undefined && contextName(cluster, [], { template }) === text) ||
      withId(contexts().get(cluster.id) ?? '', cluster.id) === text,
    ({ name }) => name === text,
    ({ title }) => title.toLowerCase() === lower,
    ({ id }) => contexts().get(id)?.toLowerCase() === lower,
    ({ name }) => name.toLowerCase() === lower,
  ];
  for (const means of readings) {
    const [match, ...others] = all.filter(means);
    if (match === undefined) continue;
    if (others.length === 0) return match;
    const ids = [match, ...others].map(({ id }) => id);
    throw new AppError('ambiguous-cluster', `"${text}" is the name of ${ids.length} clusters.`, {
      hint: `Say which one by its id: ${ids.join(', ')}`,
    });
  }
  const near = nearest(
    text,
    all.map(({ title }) => title),
    3,
    // More than a typing error or two is another name.
    Math.max(1, Math.floor(text.length / 3)),
  );
  throw new AppError('not-found', `There is no cluster called "${text}".`, {
    hint:
      near.length === 0
        ? all.length === 0
          ? 'No cluster is known yet: run `k8s-tunnels discover`.'
          : 'See `k8s-tunnels list`. If it is new, run `k8s-tunnels discover`.'
        : `Did you mean ${near.join(', ')}? If it is new, run \`k8s-tunnels discover\`.`,
  });
}
