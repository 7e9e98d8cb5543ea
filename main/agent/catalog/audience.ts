import type { Cluster } from '../../model/cluster.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { groupNames } from './tag-checks.ts';
import { readTags, tagPart } from './tags.ts';

/** The audience of everybody whom Access admits to the organisation's catalog. */
const everyone = '*';

/** Who gets a cluster of the organisation's catalog, by its tag `groups`. */
export type Audience =
  | { readonly kind: 'groups'; readonly groups: readonly string[] }
  | { readonly kind: 'untagged' }
  /** It has the tag, but not with a value that can be read. */
  | { readonly kind: 'invalid' };

export function audienceOf({
  tags = {},
  tagPrefix = defaultTagPrefix,
}: Pick<Cluster, 'tags' | 'tagPrefix'>): Audience {
  const { groups } = readTags(tags, tagPrefix).fields;
  if (groups !== undefined) return { kind: 'groups', groups: groupsFrom(groups) };
  const isTagged = Object.keys(tags).some((key) => tagPart(key, tagPrefix)?.field === 'groups');
  return { kind: isTagged ? 'invalid' : 'untagged' };
}

/**
 * Returns the groups of a value that `checkTag` accepts, in lower case and sorted: `everyone`, or names separated by `+`
 * or commas. Tags of AWS hold no comma, and names may have spaces. Labels of GKE hold neither: they are encoded.
 */
export function groupsFrom(value: string): readonly string[] {
  const groups = groupNames(value);
  return groups.includes('everyone') ? [everyone] : [...new Set(groups)].sort();
}
