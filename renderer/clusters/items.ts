import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import type { Section } from './layout.ts';

/** An item of the list, top to bottom: a section's head, then its rows. */
export type Item =
  | { readonly kind: 'head'; readonly section: Section }
  | {
      readonly kind: 'row';
      readonly section: Section;
      readonly cluster: Cluster;
      /** Its place in the section, from 0. */
      readonly at: number;
    };

/** CSS pixels; must match clusters.css. */
export const headHeight = 30;
export const rowHeight = 44;

/** Lists the items of the sections; folded sections only have a head. */
export function itemsOf(
  sections: readonly Section[],
  isFolded: (section: Section) => boolean,
): readonly Item[] {
  return sections.flatMap((section): Item[] => [
    { kind: 'head', section },
    ...(isFolded(section)
      ? []
      : section.clusters.map((cluster, at): Item => ({ kind: 'row', section, cluster, at }))),
  ]);
}

/** Returns the index of each row in `items`. */
export function placesOf(items: readonly Item[]): ReadonlyMap<ClusterId, number> {
  return new Map(items.flatMap((item, index) => (item.kind === 'row' ? [[item.cluster.id, index]] : [])));
}
