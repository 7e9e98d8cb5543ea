import type { Cluster } from '../../../model/cluster.ts';
import { isConnectGateway } from '../../../model/connect-gateway.ts';
import { defaultTagPrefix } from '../../../model/tag-prefix.ts';
import { taggedCluster } from '../../catalog/tagged-cluster.ts';
import { readTags, tagPart } from '../../catalog/tags.ts';
import type { CellOutcome } from '../discovery-source.ts';
import type { Fleet, Membership } from './gke-fleet.ts';

/** The location of what only a project's fleet lists, beside those of GKE. */
export const fleetRegion = 'fleet';

/** How a project's fleet changes what is known of it. */
interface Joined {
  /** GKE's clusters of the project; those that only the Connect gateway reaches have its address. */
  readonly clusters: readonly Cluster[];
  /** The result for `fleetRegion`; undefined if there is nothing to report. */
  readonly fleet: CellOutcome | undefined;
}

/**
 * Adds a project's fleet to its GKE clusters. A membership counts if it has our labels, or if nothing else leads to its
 * cluster: a GKE cluster without a tunnel, or a cluster that is not in Google Cloud. `known` are the clusters of before: a
 * fleet that cannot be read now changes nothing.
 */
export function joinFleet(options: {
  readonly project: string;
  readonly clusters: readonly Cluster[];
  readonly fleet: Fleet;
  readonly known: readonly Cluster[];
  readonly tagPrefix: string | undefined;
  /** False if the organisation allows no connector `direct`: then only labels count. */
  readonly mayBeDirect: boolean;
  readonly seenAt: number;
}): Joined {
  const { project, clusters, fleet, known, tagPrefix, mayBeDirect, seenAt } = options;
  const prefix = tagPrefix ?? defaultTagPrefix;
  const hadFleet = known.some(({ account, region }) => account === project && region === fleetRegion);
  if (fleet.kind !== 'listed') {
    const before = new Map(known.map((cluster) => [cluster.id, cluster]));
    const outcome: CellOutcome | undefined = hadFleet
      ? { kind: 'failed', error: fleet.error }
      : fleet.kind === 'off'
        ? { kind: 'not-enabled', error: fleet.error }
        : undefined;
    return {
      clusters: clusters.map((cluster) => {
        const { server = '' } = before.get(cluster.id) ?? {};
        return cluster.reach.kind === 'none' && isConnectGateway(server)
          ? atGateway(cluster, server)
          : cluster;
      }),
      fleet: outcome,
    };
  }
  const isOurs = ({ labels }: Membership) =>
    Object.keys(labels).some((key) => tagPart(key, prefix)?.field !== undefined);
  const isNeeded = (one: Membership) => isOurs(one) || (mayBeDirect && one.state === 'READY');
  const ofGke = new Map(fleet.memberships.flatMap((one) => (one.gke === undefined ? [] : [[one.gke, one]])));
  const joined = clusters.map((cluster) => {
    const membership = ofGke.get(`projects/${project}/locations/${cluster.region}/clusters/${cluster.name}`);
    if (membership === undefined) return cluster;
    if (isOurs(membership)) return labelled(cluster, membership, prefix);
    return cluster.reach.kind === 'none' && isNeeded(membership)
      ? atGateway(cluster, membership.server)
      : cluster;
  });
  // GKE clusters of this project are listed by GKE, or could not be read now.
  const others = fleet.memberships.filter((one) =>
    one.gke === undefined ? isNeeded(one) : !one.gke.startsWith(`projects/${project}/`) && isOurs(one),
  );
  const listed = others.map((one) => clusterOf(one, { project, tagPrefix, seenAt }));
  return { clusters: joined, fleet: outcomeOf(listed, fleet.error, hadFleet) };
}

function outcomeOf(
  clusters: readonly Cluster[],
  error: NonNullable<Extract<Fleet, { kind: 'listed' }>['error']> | undefined,
  hadFleet: boolean,
): CellOutcome | undefined {
  if (error !== undefined) return { kind: 'failed', clusters, error };
  return clusters.length > 0 || hadFleet ? { kind: 'listed', clusters } : undefined;
}

function atGateway(cluster: Cluster, server: string): Cluster {
  const { certificateAuthorityData: _, serverName: __, endpoint: ___, ...rest } = cluster;
  return { ...rest, server, reach: { kind: 'direct' }, connector: 'direct' };
}

/** The labels of the membership count where those of the cluster say something else. */
function labelled(cluster: Cluster, { labels, server }: Membership, prefix: string): Cluster {
  const tags = { ...cluster.tags, ...labels };
  const { fields, problems } = readTags(tags, prefix);
  const { name, reach: _, ...details } = fields;
  const ours = Object.entries(tags).filter(([key]) => tagPart(key, prefix) !== undefined);
  return atGateway(
    {
      ...cluster,
      ...details,
      ...(name === undefined ? {} : { title: name }),
      tags: Object.fromEntries(ours),
      tagProblems: [...problems],
    },
    server,
  );
}

function clusterOf(
  { name, location, labels, state, version, server }: Membership,
  from: { readonly project: string; readonly tagPrefix: string | undefined; readonly seenAt: number },
): Cluster {
  const cluster = taggedCluster({
    source: 'gke',
    account: from.project,
    region: fleetRegion,
    name,
    key: `${location}/${name}`,
    tags: labels,
    tagPrefix: from.tagPrefix,
    server,
    version,
    status: state,
    credential: { kind: 'gke' },
    seenAt: from.seenAt,
  });
  return atGateway(cluster, server);
}
