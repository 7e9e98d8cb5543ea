import { accountText } from './account-name.ts';
import type { Cluster } from './cluster.ts';
import { isProduction } from './is-production.ts';
import { isOfWord, lettersMatch } from './letters-match.ts';
import { searchText } from './search-text.ts';

/**
 * Where a word of a query was found, best first. Names come before the owner and the group, those before tags, and tags
 * before the location. In a name, its start comes before the start of another of its words, then any other part, then
 * letters of its words (`paystg` in payments-staging).
 */
const matchTiers = ['name-start', 'word-start', 'name-part', 'letters', 'owner', 'tag', 'location'] as const;
type MatchTier = (typeof matchTiers)[number];

/** The searchable fields of a cluster, in lower case. */
interface Fields {
  readonly name: string;
  readonly owner: string;
  readonly location: string;
  /** Everything, which includes the fields above. */
  readonly all: string;
}

/** What users call a source, besides its name. */
const alsoCalled: Partial<Record<Cluster['source'], string>> = { vault: 'on-prem' };

/** By cluster: a changed cluster is a new object. */
const known = new WeakMap<Cluster, Fields>();

function fieldsOf(cluster: Cluster): Fields {
  let fields = known.get(cluster);
  if (fields === undefined) {
    const { title, owner = '', group = '', source, region } = cluster;
    const location =
      `${source}\n${alsoCalled[source] ?? ''}\n${accountText(cluster)}\n${region}`.toLowerCase();
    fields = {
      name: title.toLowerCase(),
      owner: `${owner}\n${group}`.toLowerCase(),
      location,
      all: `${searchText(cluster)}\n${location}`,
    };
    known.set(cluster, fields);
  }
  return fields;
}

/** Builds the searchable fields before the first search. */
export function prepareSearch(clusters: Iterable<Cluster>): void {
  for (const cluster of clusters) fieldsOf(cluster);
}

/** Returns where a word in lower case occurs in a name in lower case. */
function tierInName(name: string, word: string): MatchTier | undefined {
  const at = name.indexOf(word);
  if (at === 0) return 'name-start';
  if (at > 0) return startsWord(name, word, at) ? 'word-start' : 'name-part';
  return lettersMatch(name, word) ? 'letters' : undefined;
}

/** Returns whether a word of `name` starts with `word`, which occurs first at `at`. */
function startsWord(name: string, word: string, at: number): boolean {
  for (let next = at; next >= 0; next = name.indexOf(word, next + 1))
    if (next === 0 || !isOfWord(name, next - 1)) return true;
  return false;
}

function tierOf({ name, owner, location, all }: Fields, word: string): MatchTier | undefined {
  const inName = tierInName(name, word);
  if (inName !== undefined) return inName;
  if (!all.includes(word)) return undefined;
  if (owner.includes(word)) return 'owner';
  return location.includes(word) ? 'location' : 'tag';
}

/**
 * Returns the rank of what matches every word, 0 best; undefined if a word matches nowhere. Compares the number of words
 * in the worst tier first, then in the next better one. A name that equals the query ranks before one that does not.
 */
function rankOf(
  name: string,
  words: readonly string[],
  tierOfWord: (word: string) => MatchTier | undefined,
): number | undefined {
  let rank = 0;
  for (const word of words) {
    const tier = tierOfWord(word);
    if (tier === undefined) return undefined;
    rank += (words.length + 1) ** matchTiers.indexOf(tier);
  }
  return 2 * rank + Number(name !== words.join(' '));
}

/**
 * Ranks how well words in lower case match a cluster, 0 best; undefined if one of them matches nowhere. A word may match
 * the start of a word of `verb` instead, which is the action in lower case.
 */
export function clusterRank(cluster: Cluster, words: readonly string[], verb = ''): number | undefined {
  const fields = fieldsOf(cluster);
  return rankOf(fields.name, words, (word) => (begins(verb, word) ? 'word-start' : tierOf(fields, word)));
}

/** Returns whether a word of `line` starts with `word`. Both in lower case. */
export function begins(line: string, word: string): boolean {
  const at = line.indexOf(word);
  return at === 0 || (at > 0 && startsWord(line, word, at));
}

/** As `clusterRank`, for a name alone: that of a set or of a command. */
export function nameRank(name: string, words: readonly string[]): number | undefined {
  const line = name.toLowerCase();
  return rankOf(line, words, (word) => tierInName(line, word));
}

/** Returns whether every word in lower case matches the cluster. */
export function matches(cluster: Cluster, words: readonly string[]): boolean {
  const fields = fieldsOf(cluster);
  return words.every((word) => tierOf(fields, word) !== undefined);
}

/** Returns the clusters that match, best first. Among equals, production comes last; otherwise the order is kept. */
export function ranked(clusters: readonly Cluster[], words: readonly string[]): readonly Cluster[] {
  return clusters
    .flatMap((cluster) => {
      const rank = clusterRank(cluster, words);
      return rank === undefined ? [] : { cluster, rank, isLast: Number(isProduction(cluster)) };
    })
    .sort((a, b) => a.rank - b.rank || a.isLast - b.isLast)
    .map(({ cluster }) => cluster);
}
