import { findCluster } from '../agent/catalog/find-cluster.ts';
import { AppError, toPlainError } from '../model/app-error.ts';
import type { Cluster, ClusterId } from '../model/cluster.ts';
import { isSelected, isSelectorField, selectorFields, type TagPair } from '../model/cluster-selector.ts';
import type { ClusterSet } from '../model/cluster-set.ts';
import { longestSetName, mostInSet } from '../model/set-limits.ts';
import { listed } from '../model/wording.ts';

// Links into the app (`k8s-tunnels://`). Anybody can write one, so parsing is strict and a link only ever opens a
// question.

/** The URL scheme that the app registers with the system. */
export const linkScheme = 'k8s-tunnels';

const maxLength = 2_000;
const maxClusters = mostInSet;
/** The longest id, title or name of a cluster in a link. */
const maxWord = 512;

/** How a link names clusters. */
export type LinkedClusters =
  /** By id, title or name. */
  | { readonly kind: 'clusters'; readonly words: readonly string[] }
  /** A cluster must match every pair. */
  | { readonly kind: 'tags'; readonly pairs: readonly TagPair[] };

export type Link =
  | LinkedClusters
  /** A set that the link proposes to save. */
  | { readonly kind: 'set'; readonly name: string; readonly of: LinkedClusters }
  /** The link, which `setup-preview` parses. */
  | { readonly kind: 'setup'; readonly source: string };

/** A cluster that the link names, or why it has none. */
export type Meant =
  | { readonly kind: 'known'; readonly cluster: Cluster }
  | { readonly kind: 'unknown'; readonly word: string; readonly why: string };

/**
 * Returns the first link among the start's arguments, valid or not. Truncates it to one character more than is allowed.
 */
export function linkAmong(argv: readonly string[]): string | undefined {
  return argv.find((word) => word.toLowerCase().startsWith(`${linkScheme}:`))?.slice(0, maxLength + 1);
}

/**
 * Parses `k8s-tunnels://connect?cluster=…[&cluster=…]`, `k8s-tunnels://connect?tags=field=value[,…]`,
 * `k8s-tunnels://set?name=…` with the same clusters or tags, or `k8s-tunnels://setup?…`. Throws `bad-input` with the problem. The message repeats no text of the link.
 */
export function parseLink(text: string): Link {
  if (text.length > maxLength)
    throw refused(`The link is longer than ${maxLength.toLocaleString('en')} characters.`);
  if (isUnprintable(text) || /\s/u.test(text)) throw refused('The link has spaces or invisible characters.');
  const url = URL.parse(text);
  if (url?.protocol !== `${linkScheme}:` || !text.toLowerCase().startsWith(`${linkScheme}://`))
    throw refused(`The link does not begin with ${linkScheme}://.`);
  if (url.username !== '' || url.password !== '' || text.split('?', 1)[0]?.includes('@'))
    throw refused('The link has a user name or a password.');
  if (text.includes('#')) throw refused('The link has something after a #.');
  // Check the text, because URL parsing drops paths such as `/a/..`.
  if (!/^[^?]*:\/\/[^/?]*\/?(\?|$)/.test(text)) throw refused('The link has a path.');
  if (url.host === 'setup') return { kind: 'setup', source: text };
  if (url.host === 'connect') return parseClusters(url, []);
  if (url.host !== 'set') throw refused('The link requests an unknown action.');
  const of = parseClusters(url, ['name']);
  return { kind: 'set', name: setNameIn(url), of };
}

/** Returns the clusters that a link names, or why one is unknown. Throws `bad-input` for too many. */
export function clustersMeant(
  link: LinkedClusters,
  clusters: ReadonlyMap<ClusterId, Cluster>,
): readonly Meant[] {
  if (link.kind === 'clusters') return meantBy(link.words, clusters);
  const fitting = [...clusters.values()].filter((cluster) => isSelected(cluster, link.pairs));
  if (fitting.length > maxClusters)
    throw refused(
      `The link matches ${fitting.length} clusters. At most ${maxClusters} can be opened at once.`,
    );
  return fitting.map((cluster) => ({ kind: 'known', cluster }));
}

/** Returns each named cluster once, even if several words name it. */
export function meantBy(
  words: readonly string[],
  clusters: ReadonlyMap<ClusterId, Cluster>,
): readonly Meant[] {
  const meant = new Map<string, Meant>();
  for (const word of words)
    try {
      const cluster = findCluster(word, clusters);
      meant.set(cluster.id, { kind: 'known', cluster });
    } catch (error) {
      meant.set(`? ${word}`, { kind: 'unknown', word, why: toPlainError(error).message });
    }
  return [...meant.values()];
}

/** Returns a link that opens these clusters. Throws `bad-input` for none, and for more than a link can hold. */
export function linkOf(clusters: readonly ClusterId[]): string {
  return linkTo('connect', clusters);
}

/** Returns a link that proposes a set to another user. Throws `bad-input` for more than a link can hold. */
export function setLinkOf({ name, clusters }: Pick<ClusterSet, 'name' | 'clusters'>): string {
  return linkTo('set', clusters, [`name=${encodeURIComponent(name)}`]);
}

function linkTo(
  action: 'connect' | 'set',
  clusters: readonly ClusterId[],
  first: readonly string[] = [],
): string {
  // Keep slashes readable: a query needs no escape for them, and ids have many.
  const ids = clusters.map((id) => `cluster=${encodeURIComponent(id).replaceAll('%2F', '/')}`);
  const link = `${linkScheme}://${action}?${[...first, ...ids].join('&')}`;
  if (clusters.length === 0 || clusters.length > maxClusters || link.length > maxLength)
    throw new AppError(
      'bad-input',
      `A link holds 1 to ${maxClusters} clusters and at most ${maxLength.toLocaleString('en')} characters.`,
    );
  return link;
}

function parseClusters(url: URL, others: readonly string[]): LinkedClusters {
  try {
    decodeURIComponent(url.search);
  } catch {
    throw refused('The link is damaged: its percent signs do not make characters.');
  }
  const names = [...url.searchParams.keys()];
  const known = [...others, 'cluster', 'tags'];
  if (names.some((name) => !known.includes(name)))
    throw refused(`The link says something besides ${listed(known)}.`);
  const words = [...new Set(url.searchParams.getAll('cluster'))];
  const tags = url.searchParams.getAll('tags');
  const [only] = tags;
  if (tags.length > 1) throw refused('The link says tags more than once.');
  if (words.length > 0 === (only !== undefined))
    throw refused(only === undefined ? 'The link names no cluster.' : 'The link says both cluster and tags.');
  if (words.length > maxClusters) throw refused(`The link names more than ${maxClusters} clusters.`);
  if ([...words, only ?? ''].some(isUnprintable))
    throw refused('The link holds characters that cannot be seen.');
  if (words.some((word) => word.trim() === '' || word.length > maxWord))
    throw refused('The link names a cluster by nothing, or by far too much.');
  return only === undefined ? { kind: 'clusters', words } : { kind: 'tags', pairs: parsePairs(only) };
}

function parsePairs(text: string): readonly TagPair[] {
  const pairs = text.split(',').map((pair): TagPair => {
    const [, field = '', value = ''] = /^([a-z]+)=(.*)$/.exec(pair) ?? [];
    if (!isSelectorField(field) || value.trim() === '')
      throw refused(
        `The link's tags are not of the form field=value, of the fields ${selectorFields.join(', ')}.`,
      );
    return { field, value };
  });
  if (new Set(pairs.map(({ field }) => field)).size < pairs.length)
    throw refused('The link says a field of its tags more than once.');
  return pairs;
}

function setNameIn(url: URL): string {
  const [name = '', ...more] = url.searchParams.getAll('name').map((text) => text.trim());
  if (more.length > 0) throw refused('The link says name more than once.');
  if (name === '') throw refused('The link does not name its set.');
  if (name.length > longestSetName)
    throw refused(`The name of the link's set is longer than ${longestSetName} characters.`);
  if (isUnprintable(name)) throw refused('The link holds characters that cannot be seen.');
  return name;
}

/** Finds control and format characters, bidirectional ones included, and lone surrogates. */
function isUnprintable(text: string): boolean {
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

function refused(message: string): AppError {
  return new AppError('bad-input', message, { hint: 'Ask the sender for a new link.' });
}
