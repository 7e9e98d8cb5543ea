import {
  type Cluster,
  type CredentialSource,
  clusterId,
  type Source,
  type TagProblem,
} from '../../model/cluster.ts';
import { hasUnseen, plainText } from '../../model/plain-text.ts';
import { usualTagPrefix } from '../../model/tag-prefix.ts';
import { readTags, tagPart } from './tags.ts';

/** What a source read of one cluster, before its tags are understood. */
export interface ClusterReading {
  readonly source: Source;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** What stands for the name in the id, where the name alone is not unique in the region. */
  readonly key?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What the keys of our tags begin with; the usual one where undefined. */
  readonly tagPrefix?: string | undefined;
  /** Undefined where the source has no address for it, which `unreachable` then explains. */
  readonly server?: string | undefined;
  readonly certificateAuthorityData?: string | undefined;
  /** As the source has it; a tag comes before it. */
  readonly serverName?: string | undefined;
  readonly version?: string | undefined;
  readonly status?: string | undefined;
  readonly credential?: CredentialSource | undefined;
  /** Why no tunnel can help, whatever the tags say. */
  readonly unreachable?: string | undefined;
  /** What else is wrong with it at the source. */
  readonly problems?: readonly TagProblem[];
  readonly seenAt: number;
}

/**
 * The cluster of the catalog that a reading and its tags make. No text of it holds control or format characters, but
 * for what says where it is at its source (`account`, `region`, `credential`).
 */
export function taggedCluster(reading: ClusterReading): Cluster {
  const { source, account, region, name, certificateAuthorityData, version, status, credential } = reading;
  const { tagPrefix = usualTagPrefix } = reading;
  const { fields, problems } = readTags(reading.tags, tagPrefix);
  const { name: title, reach, ...told } = fields;
  const ours = Object.entries(reading.tags)
    .filter(([key]) => tagPart(key, tagPrefix) !== undefined)
    .map(([key, value]) => [marked(key), marked(value)] as const);
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
    ...(reading.serverName === undefined ? {} : { serverName: plainText(reading.serverName) }),
    ...told,
    reach:
      reading.unreachable === undefined ? reach : { kind: 'none', reason: plainText(reading.unreachable) },
    tagProblems: [...problems, ...(hasUnseen(name) ? [unseenName] : []), ...(reading.problems ?? [])].map(
      plainProblem,
    ),
    ...(ours.length === 0 ? {} : { tags: Object.fromEntries(ours) }),
    ...(tagPrefix === usualTagPrefix ? {} : { tagPrefix }),
    seenAt: reading.seenAt,
    stale: false,
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

/** A tag as it is at its source, with a mark in place of what cannot be seen: `checkTag` refuses it as it is refused whole. */
function marked(text: string): string {
  return text.toWellFormed().replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
