import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { contextName, contextNames, withId } from '../../model/context-name.ts';
import { nearest } from '../../model/nearest.ts';

/**
 * The cluster that a user means: by exact id, else by title or the name of its context, or by its name at the source;
 * letters' case counts only where it tells two apart. Throws `ambiguous-cluster` with the ids, or `not-found` with what is near.
 */
export function findCluster(text: string, clusters: ReadonlyMap<ClusterId, Cluster>): Cluster {
  const exact = clusters.get(text as ClusterId);
  if (exact !== undefined) return exact;
  const all = [...clusters.values()];
  const lower = text.toLowerCase();
  let names: ReadonlyMap<ClusterId, string> | undefined;
  const contexts = () => {
    names ??= contextNames(all);
    return names;
  };
  const readings: readonly ((cluster: Cluster) => boolean)[] = [
    // One reading: a title like another cluster's context name does not take that name from it.
    (cluster) =>
      cluster.title === text ||
      // The name that it had alone, or what a kubeconfig may still call it where the name was somebody else's.
      contextName(cluster, []) === text ||
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
  );
  throw new AppError('not-found', `There is no cluster called "${text}".`, {
    hint:
      near.length === 0
        ? 'No cluster is known yet: run `k8s-tunnels discover`.'
        : `Did you mean ${near.join(', ')}? If it is new, run \`k8s-tunnels discover\`.`,
  });
}
