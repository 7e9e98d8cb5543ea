import type { Cluster } from '../../main/agent/catalog/cluster.ts';
import { nearest } from '../../main/agent/catalog/nearest.ts';
import { accountWords } from './cluster-words.ts';

/** The words of a query, lower case. */
export function queryWords(query: string): readonly string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** Every word has to be somewhere in the cluster. */
export function matches(cluster: Cluster, words: readonly string[]): boolean {
  const { title, name, account, region, environment = '', group = '' } = cluster;
  const fields = [title, name, accountWords(cluster), account, region, environment, group]
    .join('\n')
    .toLowerCase();
  return words.every((word) => fields.includes(word));
}

/** Shown for a query that finds nothing. */
export function suggestion(query: string, clusters: Iterable<Cluster>): string | undefined {
  return nearest(
    query.trim(),
    [...clusters].map(({ title }) => title),
    1,
  )[0];
}

/** `text` cut where `words` are found in it, longest first. */
export function highlighted(
  text: string,
  words: readonly string[],
): readonly { readonly text: string; readonly isHit: boolean; readonly at: number }[] {
  if (words.length === 0) return [{ text, isHit: false, at: 0 }];
  const escaped = [...words]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const found = new RegExp(`(${escaped.join('|')})`, 'gi');
  let at = 0;
  return text.split(found).flatMap((part, index) => {
    const piece = { text: part, isHit: index % 2 === 1, at };
    at += part.length;
    return part === '' ? [] : [piece];
  });
}
