import type { Cluster, ClusterId } from '../../main/agent/catalog/cluster.ts';
import type { Section } from './layout.ts';

/**
 * The sections as they are shown while the pointer is on the row `pointed`: no row above it comes, goes to another
 * place or is put in another order. What is new shows below it, or once the pointer is elsewhere. What the catalog
 * lost goes at once.
 */
export function holdOrder(
  shown: readonly Section[],
  next: readonly Section[],
  pointed: ClusterId,
): readonly Section[] {
  const now = new Map(next.flatMap(({ clusters }) => clusters).map((cluster) => [cluster.id, cluster]));
  const known = new Set(shown.flatMap(({ clusters }) => clusters).map(({ id }) => id));
  if (!known.has(pointed)) return next;
  let isBelow = false;
  const held = shown.map((section) => {
    isBelow ||= section.clusters.some(({ id }) => id === pointed);
    const kept = section.clusters.flatMap(({ id }) => now.get(id) ?? []);
    return { ...section, clusters: isBelow ? [...kept, ...fresh(next, section.id, known)] : kept };
  });
  const added = next
    .filter(({ id }) => !shown.some((section) => section.id === id))
    .map((section) => ({ ...section, clusters: fresh([section], section.id, known) }));
  return [...held, ...added].filter(({ clusters }) => clusters.length > 0);
}

function fresh(sections: readonly Section[], id: string, known: ReadonlySet<ClusterId>): readonly Cluster[] {
  return sections
    .filter((section) => section.id === id)
    .flatMap(({ clusters }) => clusters.filter((cluster) => !known.has(cluster.id)));
}
