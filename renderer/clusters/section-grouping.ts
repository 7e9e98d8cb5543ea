import type { GroupBy } from '../../main/model/group-key.ts';
import type { Section } from './layout.ts';

const groupings: readonly GroupBy[] = ['account', 'environment', 'cloud', 'group', 'none'];

/** Returns the grouping that made a section; undefined for the connected, the favourites and the like. */
export function groupingOf({ id }: Pick<Section, 'id'>): GroupBy | undefined {
  return groupings.find((by) => id.startsWith(`${by} `));
}
