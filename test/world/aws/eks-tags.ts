import { type EksCluster, eksArn } from '../plan.ts';

const maxTags = 50;

/** What TagResource and UntagResource made of the clusters' tags; the plan's count until then. */
export class EksTags {
  readonly #changed = new Map<string, Readonly<Record<string, string>>>();

  of(cluster: EksCluster): Readonly<Record<string, string>> {
    return this.#changed.get(eksArn(cluster)) ?? cluster.tags;
  }

  /** Why not, or undefined when it is done. */
  change(
    cluster: EksCluster,
    { set = {}, remove = [] }: { readonly set?: unknown; readonly remove?: readonly string[] },
  ): string | undefined {
    if (typeof set !== 'object' || set === null) return 'Tags must be a map.';
    const tags = new Map([...Object.entries(this.of(cluster)), ...Object.entries(set)]);
    for (const key of remove) tags.delete(key);
    for (const [key, value] of tags) {
      if (typeof value !== 'string' || value.length > 256) return `Tag value of ${key} is not valid.`;
      if (key === '' || key.length > 128 || key.startsWith('aws:')) return `Tag key ${key} is not valid.`;
    }
    if (tags.size > maxTags) return `A resource can have at most ${maxTags} tags.`;
    this.#changed.set(eksArn(cluster), Object.fromEntries(tags));
    return undefined;
  }
}
