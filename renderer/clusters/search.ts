import type { Cluster } from '../../main/agent/catalog/cluster.ts';
import { nearest } from '../../main/agent/catalog/nearest.ts';
import { text } from '../text/text.ts';
import { accountWords } from './cluster-words.ts';

/** The words of a query, lower case. */
export function queryWords(query: string): readonly string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** What a cluster is found by that its row need not show, each with its name. */
function tagFields(cluster: Cluster): readonly (readonly [name: string, value: string | undefined])[] {
  const { fields } = text.detail;
  const { environment, group, owner, description, docs, namespace, reach, name, tags = {} } = cluster;
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
  ];
}

/** What a query looks through, by cluster: a cluster that changes is another object. */
const lines = new WeakMap<Cluster, string>();

function lineOf(cluster: Cluster): string {
  let line = lines.get(cluster);
  if (line === undefined) {
    const { title, account, region } = cluster;
    const values = tagFields(cluster).map(([, value]) => value ?? '');
    line = [title, accountWords(cluster), account, region, ...values].join('\n').toLowerCase();
    lines.set(cluster, line);
  }
  return line;
}

/** Does the work of the first search ahead. */
export function prepareSearch(clusters: readonly Cluster[]): void {
  for (const cluster of clusters) lineOf(cluster);
}

/** Every word has to be somewhere in the cluster, its tags included. */
export function matches(cluster: Cluster, words: readonly string[]): boolean {
  const line = lineOf(cluster);
  return words.every((word) => line.includes(word));
}

/** `owner team-payments`: where words are that `shown` does not have; nothing when it has all. */
export function elsewhere(cluster: Cluster, words: readonly string[], shown: string): string | undefined {
  const known = shown.toLowerCase();
  const missing = words.find((word) => !known.includes(word));
  if (missing === undefined) return undefined;
  const found = tagFields(cluster).find(([, value]) => value?.toLowerCase().includes(missing));
  return found?.join(' ');
}

/** Shown for a query that finds nothing: what it is a slip of the fingers away from. */
export function suggestion(query: string, clusters: Iterable<Cluster>): string | undefined {
  const wanted = query.trim();
  const titles = [...clusters].map(({ title }) => title);
  return nearest(wanted, titles, 1, Math.max(1, Math.floor(wanted.length / 3)))[0];
}

/** `whole` cut where `words` are found in it, longest first. */
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
