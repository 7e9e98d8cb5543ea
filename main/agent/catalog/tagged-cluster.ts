import { type Cluster, type CredentialSource, clusterId, type Source, type TagProblem } from './cluster.ts';
import { readTags } from './tags.ts';

/** What a source read of one cluster, before its tags are understood. */
export interface ClusterReading {
  readonly source: Source;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Undefined where the source has no address for it, which `unreachable` then explains. */
  readonly server?: string | undefined;
  readonly certificateAuthorityData?: string | undefined;
  readonly version?: string | undefined;
  readonly status?: string | undefined;
  readonly credential?: CredentialSource | undefined;
  /** Why no tunnel can help, whatever the tags say. */
  readonly unreachable?: string | undefined;
  /** What else is wrong with it at the source. */
  readonly problems?: readonly TagProblem[];
  readonly seenAt: number;
}

/** The cluster of the catalog that a reading and its tags make. */
export function taggedCluster(reading: ClusterReading): Cluster {
  const { source, account, region, name, certificateAuthorityData, version, status, credential } = reading;
  const { fields, problems } = readTags(reading.tags);
  const { name: title, reach, ...told } = fields;
  return {
    id: clusterId(source, account, region, name),
    source,
    account,
    region,
    name,
    title: title ?? name,
    server: reading.server ?? '',
    ...(certificateAuthorityData === undefined ? {} : { certificateAuthorityData }),
    ...(version === undefined ? {} : { version }),
    ...(status === undefined ? {} : { status }),
    ...(credential === undefined ? {} : { credential }),
    ...told,
    reach: reading.unreachable === undefined ? reach : { kind: 'none', reason: reading.unreachable },
    tagProblems: [...problems, ...(reading.problems ?? [])],
    seenAt: reading.seenAt,
    stale: false,
  };
}
