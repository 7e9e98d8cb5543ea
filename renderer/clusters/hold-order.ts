import type { ClusterId } from '../../main/model/cluster.ts';
import type { Section } from './layout.ts';
import { clustersText } from './text.ts';

/** The row or section head under the pointer. */
export type Pointed =
  | { readonly kind: 'row'; readonly id: ClusterId }
  | { readonly kind: 'head'; readonly id: Section['id'] };

/**
 * Returns the sections to show while the pointer is on `pointed`. Above it, no row appears, disappears or moves; a
 * removed row keeps its position until the pointer leaves, so that no other row slides under the pointer. New rows wait
 * while the pointer moves. Once it rests, they appear below it: in their section, or in a section of their own at the
 * end. Heads count the clusters by their own section, so that "Connected" never counts what is disconnected.
 */
export function holdOrder(options: {
  readonly shown: readonly Section[];
  readonly next: readonly Section[];
  readonly pointed: Pointed;
  readonly isResting: boolean;
}): readonly Section[] {
  const { shown, next, pointed, isResting } = options;
  const at = shown.findIndex((section) => holds(section, pointed));
  if (at < 0) return next;
  const now = new Map(next.flatMap(({ clusters }) => clusters).map((cluster) => [cluster.id, cluster]));
  const held = shown.map(
    (section): Section => ({
      ...section,
      clusters: section.clusters.map((cluster) => now.get(cluster.id) ?? cluster),
      gone: section.clusters.filter(({ id }) => !now.has(id)).length,
    }),
  );
  if (!isResting) return counted(held, next);
  const known = new Set(shown.flatMap(({ clusters }) => clusters).map(({ id }) => id));
  const fresh = next
    .map((section) => ({ ...section, clusters: section.clusters.filter(({ id }) => !known.has(id)) }))
    .filter(({ clusters }) => clusters.length > 0);
  const above = new Set(shown.slice(0, at).map(({ id }) => id));
  const joined = [...held];
  const add = (section: Section) => {
    const index = joined.findIndex(({ id }) => id === section.id);
    const before = joined[index];
    if (before === undefined) joined.push(section);
    else
      joined[index] = {
        ...before,
        title: section.title,
        clusters: [...before.clusters, ...section.clusters],
      };
  };
  for (const section of fresh) if (!above.has(section.id)) add(section);
  // They move to their own section when the pointer leaves.
  const clusters = fresh.filter(({ id }) => above.has(id)).flatMap((section) => section.clusters);
  if (clusters.length > 0) add({ id: lateId(joined, above), title: clustersText.sections.late, clusters });
  return counted(joined, next);
}

/** Counts each cluster once: at the head of its own section, or where its row is while that has no head. */
function counted(shown: readonly Section[], next: readonly Section[]): readonly Section[] {
  const own = new Map(next.flatMap(({ id, clusters }) => clusters.map((cluster) => [cluster.id, id])));
  const heads = new Set(shown.map(({ id }) => id));
  const counts = new Map<Section['id'], number>();
  for (const { id: shownIn, clusters } of shown)
    for (const { id } of clusters) {
      const section = own.get(id);
      if (section === undefined) continue;
      const head = heads.has(section) && !isLate(shownIn) ? section : shownIn;
      counts.set(head, (counts.get(head) ?? 0) + 1);
    }
  return shown.map((section) => ({ ...section, count: counts.get(section.id) ?? 0 }));
}

/** Returns the id of the section for new rows that would otherwise appear above the pointer. */
function lateId(sections: readonly Section[], above: ReadonlySet<Section['id']>): Section['id'] {
  const last = sections.findLast(({ id }) => isLate(id));
  return last !== undefined && !above.has(last.id) ? last.id : `late ${sections.length}`;
}

function isLate(id: Section['id']): boolean {
  return id.startsWith('late ');
}

function holds(section: Section, pointed: Pointed): boolean {
  if (pointed.kind === 'head') return section.id === pointed.id;
  return section.clusters.some(({ id }) => id === pointed.id);
}
