import { findCluster } from '../agent/catalog/find-cluster.ts';
import { accountText } from '../model/account-name.ts';
import { AppError, toPlainError } from '../model/app-error.ts';
import type { Cluster, ClusterId } from '../model/cluster.ts';

// Links into the app (`k8s-tunnels://`). Anybody can write one, so parsing is strict and a link only ever opens a
// question.

/** The URL scheme that the app registers with the system. */
export const linkScheme = 'k8s-tunnels';

const maxLength = 2_000;
const maxClusters = 50;
/** The longest id, title or name of a cluster in a link. */
const maxWord = 512;

const readings = {
  environment: ({ environment }) => [environment],
  group: ({ group }) => [group],
  account: (cluster) => [cluster.account, cluster.accountName, accountText(cluster)],
  source: ({ source }) => [source],
  region: ({ region }) => [region],
  name: ({ title, name }) => [title, name],
  owner: ({ owner }) => [owner],
} as const satisfies Record<string, (cluster: Cluster) => readonly (string | undefined)[]>;

export interface TagPair {
  readonly field: keyof typeof readings;
  readonly value: string;
}

export type Link =
  /** By id, title or name. */
  | { readonly kind: 'clusters'; readonly words: readonly string[] }
  /** A cluster must match every pair. */
  | { readonly kind: 'tags'; readonly pairs: readonly TagPair[] }
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
 * Parses `k8s-tunnels://connect?cluster=…[&cluster=…]`, `k8s-tunnels://connect?tags=field=value[,…]` or
 * `k8s-tunnels://setup?…`. Throws `bad-input` with the problem. The message repeats no text of the link.
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
  if (url.host !== 'connect') throw refused('The link requests an unknown action.');
  return parseConnect(url);
}

/** Returns the clusters that a link names, or why one is unknown. Throws `bad-input` for too many. */
export function clustersMeant(
  link: Exclude<Link, { kind: 'setup' }>,
  clusters: ReadonlyMap<ClusterId, Cluster>,
): readonly Meant[] {
  if (link.kind === 'clusters') return meantBy(link.words, clusters);
  const fitting = [...clusters.values()].filter((cluster) =>
    link.pairs.every(({ field, value }) =>
      readings[field](cluster).some((text) => text?.toLowerCase() === value.toLowerCase()),
    ),
  );
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

/** Returns a link to these clusters. Throws `bad-input` for none, and for more than a link can hold. */
export function linkOf(clusters: readonly ClusterId[]): string {
  // Keep slashes readable: a query needs no escape for them, and ids have many.
  const query = clusters.map((id) => `cluster=${encodeURIComponent(id).replaceAll('%2F', '/')}`).join('&');
  const link = `${linkScheme}://connect?${query}`;
  if (clusters.length === 0 || clusters.length > maxClusters || link.length > maxLength)
    throw new AppError(
      'bad-input',
      `A link holds 1 to ${maxClusters} clusters and at most ${maxLength.toLocaleString('en')} characters.`,
    );
  return link;
}

function parseConnect(url: URL): Link {
  try {
    decodeURIComponent(url.search);
  } catch {
    throw refused('The link is damaged: its percent signs do not make characters.');
  }
  const names = [...url.searchParams.keys()];
  if (names.some((name) => name !== 'cluster' && name !== 'tags'))
    throw refused('The link says something besides cluster and tags.');
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
    if (!isField(field) || value.trim() === '')
      throw refused(
        `The link's tags are not of the form field=value, of the fields ${Object.keys(readings).join(', ')}.`,
      );
    return { field, value };
  });
  if (new Set(pairs.map(({ field }) => field)).size < pairs.length)
    throw refused('The link says a field of its tags more than once.');
  return pairs;
}

function isField(text: string): text is TagPair['field'] {
  return Object.hasOwn(readings, text);
}

/** Finds control and format characters, bidirectional ones included, and lone surrogates. */
function isUnprintable(text: string): boolean {
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

function refused(message: string): AppError {
  return new AppError('bad-input', message, { hint: 'Ask the sender for a new link.' });
}
