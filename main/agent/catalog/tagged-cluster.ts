import {
  type Cluster,
  type CredentialSource,
  clusterId,
  type Source,
  type TagProblem,
} from '../../model/cluster.ts';
import { hasUnseen, plainText } from '../../model/plain-text.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { readTags, tagPart } from './tags.ts';

/** No source allows more or longer ones; a file may hold anything. */
const mostOthers = 64;
const longestOther = 512;

/** What a source read about one cluster, before its tags are parsed. */
export interface ClusterReading {
  readonly source: Source;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Replaces the name in the ID if the name alone is not unique in the region. */
  readonly key?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The prefix of our tag keys; the default if undefined. */
  readonly tagPrefix?: string | undefined;
  /** Undefined if the source has no address for it; `unreachable` then says why. */
  readonly server?: string | undefined;
  readonly certificateAuthorityData?: string | undefined;
  /** The source's own value; a tag takes precedence. */
  readonly serverName?: string | undefined;
  /** Another hostname of the API server. */
  readonly otherHost?: string | undefined;
  readonly version?: string | undefined;
  readonly status?: string | undefined;
  readonly credential?: CredentialSource | undefined;
  /** Why no tunnel can reach it, whatever the tags say. */
  readonly unreachable?: string | undefined;
  /** True if the source denied its details. */
  readonly unread?: true;
  /** Other problems of the cluster at the source. */
  readonly problems?: readonly TagProblem[];
  readonly seenAt: number;
}

/**
 * Builds the catalog's cluster from a reading and its tags. Its texts hold no control or format characters, except its
 * location at the source (`account`, `region`, `credential`).
 */
export function taggedCluster(reading: ClusterReading): Cluster {
  const { source, account, region, name, certificateAuthorityData, version, status, credential } = reading;
  const { tagPrefix = defaultTagPrefix } = reading;
  const { fields, problems } = readTags(reading.tags, tagPrefix);
  // Only the publisher reads the groups, from the tags.
  const { name: title, reach, groups: _, ...details } = fields;
  const ours = Object.entries(reading.tags)
    .filter(([key]) => tagPart(key, tagPrefix) !== undefined)
    .map(([key, value]) => [marked(key), marked(value)] as const);
  const others = Object.entries(reading.tags)
    .filter(([key]) => tagPart(key, tagPrefix) === undefined)
    .slice(0, mostOthers)
    .map(([key, value]) => [plainText(key), plainText(value.slice(0, longestOther))] as const);
  const id = clusterId(source, account, region, reading.key ?? name);
  const plainName = plainText(name) || id;
  return {
    id,
    source,
    account,
    region,
    name: plainName,
    title: title ?? plainName,
    server: plainText(reading.server ?? ''),
    ...(certificateAuthorityData === undefined ? {} : { certificateAuthorityData }),
    ...(version === undefined ? {} : { version: plainText(version) }),
    ...(status === undefined ? {} : { status: plainText(status) }),
    ...(credential === undefined ? {} : { credential }),
    ...(reading.otherHost === undefined ? {} : { otherHost: plainText(reading.otherHost) }),
    ...(reading.serverName === undefined ? {} : { serverName: plainText(reading.serverName) }),
    ...details,
    reach:
      reading.unreachable === undefined ? reach : { kind: 'none', reason: plainText(reading.unreachable) },
    tagProblems: [...problems, ...(hasUnseen(name) ? [unseenName] : []), ...(reading.problems ?? [])].map(
      plainProblem,
    ),
    ...(ours.length === 0 ? {} : { tags: Object.fromEntries(ours) }),
    ...(tagPrefix === defaultTagPrefix ? {} : { tagPrefix }),
    ...(others.length === 0 ? {} : { otherTags: Object.fromEntries(others) }),
    seenAt: reading.seenAt,
    stale: false,
    ...(reading.unread === undefined ? {} : { unread: reading.unread }),
  };
}

const unseenName: TagProblem = {
  key: 'name',
  message: 'Its name at the source holds control or direction characters, which are not shown.',
  hint: 'Ask its owner why: it may be made to look like another cluster. Rename it, or give it a name tag.',
};

function plainProblem({ key, message, hint }: TagProblem): TagProblem {
  return { key: plainText(key), message: plainText(message), hint: plainText(hint) };
}

/** Replaces invisible characters in a tag with a mark, so that `checkTag` rejects the tag as a whole. */
function marked(text: string): string {
  return text.toWellFormed().replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
