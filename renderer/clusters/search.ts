import type { Cluster } from '../../main/model/cluster.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { editsBetween, nearest } from '../../main/model/nearest.ts';
import { searchText } from '../../main/model/search-text.ts';
import { clusterText } from '../text/cluster.ts';
import { accountOf } from '../text/location.ts';

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

/** The searchable text by cluster: a changed cluster is a new object. */
const lines = new WeakMap<Cluster, string>();

function lineOf(cluster: Cluster): string {
  let line = lines.get(cluster);
  if (line === undefined) {
    line = `${accountOf(cluster).toLowerCase()}\n${searchText(cluster)}`;
    lines.set(cluster, line);
  }
  return line;
}

/** Builds the searchable text before the first search. */
export function prepareSearch(clusters: readonly Cluster[]): void {
  for (const cluster of clusters) lineOf(cluster);
}

/**
 * Returns the clusters that match `words`, best first: names before tags and regions, starts of words before other
 * matches. Among equals, production comes last; otherwise the order is kept.
 */
export function ranked(clusters: readonly Cluster[], words: readonly string[]): readonly Cluster[] {
  return clusters
    .filter((cluster) => matches(cluster, words))
    .map((cluster) => ({
      cluster,
      rank: rankOf(cluster.title, words),
      isLast: Number(isProduction(cluster)),
    }))
    .sort((a, b) => a.rank - b.rank || a.isLast - b.isLast)
    .map(({ cluster }) => cluster);
}

/**
 * Ranks how well `words` match a name, 0 best: first by the number of words that are not in it, then by those that do
 * not start a word of it. A name that equals the query ranks before one that starts with it. `verb` is the action in
 * lower case: words may match it instead.
 */
export function rankOf(name: string, words: readonly string[], verb = ''): number {
  const line = name.toLowerCase();
  const named = words.filter((word) => !verb.includes(word));
  let [outside, within] = [0, 0];
  for (const word of words) {
    if (!line.includes(word) && !verb.includes(word)) outside += 1;
    else if (!begins(line, word) && !begins(verb, word)) within += 1;
  }
  const isWhole = named.length > 0 && line === named.join(' ');
  return 2 * (outside * (words.length + 1) + within) + Number(!isWhole);
}

/** Returns whether a word of `line` starts with `word`. */
function begins(line: string, word: string): boolean {
  for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1))
    if (at === 0 || !/[\p{L}\p{N}]/u.test(line.charAt(at - 1))) return true;
  return false;
}

/** Returns whether every word occurs in the cluster, including its tags. */
export function matches(cluster: Cluster, words: readonly string[]): boolean {
  const line = lineOf(cluster);
  return words.every((word) => line.includes(word));
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
