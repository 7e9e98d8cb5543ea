import type { Cluster } from '../../main/model/cluster.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { editsBetween, nearest } from '../../main/model/nearest.ts';
import { clusterText } from '../text/cluster.ts';

/** Splits a query into lower-case words. */
export function queryWords(query: string): readonly string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** Returns the searchable fields that a row may not show, with their names. */
function tagFields(cluster: Cluster): readonly (readonly [name: string, value: string | undefined])[] {
  const { fields } = clusterText;
  const { environment, group, owner, description, docs, namespace, reach, name, tags = {} } = cluster;
  const { otherTags = {} } = cluster;
  return [
    [fields.name, name],
    [fields.environment, environment],
    [fields.group, group],
    [fields.owner, owner],
    [fields.description, description],
    [fields.docs, docs],
    [fields.namespace, namespace],
    [fields.hostname, reach.kind === 'tunnel' ? reach.hostname : undefined],
    ...Object.entries(tags),
    ...Object.entries(otherTags),
  ];
}

/**
 * Returns the field with words that `shown` does not contain, such as `owner team-payments`; undefined if it contains
 * all.
 */
export function elsewhere(cluster: Cluster, words: readonly string[], shown: string): string | undefined {
  const known = shown.toLowerCase();
  const missing = words.find((word) => !known.includes(word));
  if (missing === undefined) return undefined;
  const found =
    tagFields(cluster).find(([, value]) => value?.toLowerCase().includes(missing)) ??
    Object.entries(cluster.otherTags ?? {}).find((entry) => entry.join('=').toLowerCase().includes(missing));
  return found?.join(' ');
}

/** Suggests the title closest to a query without matches; a production cluster only if it is strictly closer. */
export function suggestion(query: string, clusters: Iterable<Cluster>): string | undefined {
  const wanted = query.trim();
  const atMost = Math.max(1, Math.floor(wanted.length / 3));
  const nearestOf = (some: readonly Cluster[]) =>
    nearest(
      wanted,
      some.map(({ title }) => title),
      1,
      atMost,
    )[0];
  const all = [...clusters];
  const [any, safe] = [nearestOf(all), nearestOf(all.filter((cluster) => !isProduction(cluster)))];
  if (any === undefined || safe === undefined) return any;
  const edits = (title: string) => editsBetween(wanted.toLowerCase(), title.toLowerCase());
  return edits(safe) <= edits(any) ? safe : any;
}

/** Splits `whole` at the matches of `words`, longest first. */
export function highlighted(
  whole: string,
  words: readonly string[],
): readonly { readonly text: string; readonly isHit: boolean; readonly at: number }[] {
  if (words.length === 0) return [{ text: whole, isHit: false, at: 0 }];
  const escaped = [...words]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const found = new RegExp(`(${escaped.join('|')})`, 'gi');
  let at = 0;
  return whole.split(found).flatMap((part, index) => {
    const piece = { text: part, isHit: index % 2 === 1, at };
    at += part.length;
    return part === '' ? [] : [piece];
  });
}
