import type { protos } from '@google-cloud/container';
import type { Cluster } from '../../../model/cluster.ts';
import { command } from '../../../model/command.ts';
import { taggedCluster } from '../../catalog/tagged-cluster.ts';
import { readTags } from '../../catalog/tags.ts';

/** The cluster of GKE's API v1. The SDK returns an empty text for a missing value. */
type GkeCluster = protos.google.container.v1.ICluster;

/** Only the fields that are read below: a complete cluster is twenty times as long. */
export const fieldMask = [
  'missingZones',
  ...[
    'name',
    'location',
    'status',
    'currentMasterVersion',
    'endpoint',
    'masterAuth.clusterCaCertificate',
    'privateClusterConfig.privateEndpoint',
    'privateClusterConfig.publicEndpoint',
    'controlPlaneEndpointsConfig',
    'resourceLabels',
  ].map((field) => `clusters.${field}`),
].join(',');

/** Converts a GKE cluster to the catalog's. */
export function clusterFrom(options: {
  readonly project: string;
  readonly gke: GkeCluster;
  readonly tagPrefix: string | undefined;
  readonly seenAt: number;
}): Cluster {
  const { project, gke, tagPrefix, seenAt } = options;
  const { endpoint } = readTags(gke.resourceLabels ?? {}, tagPrefix).fields;
  const address = addressOf(gke, endpoint ?? 'private');
  const status = gke.status ? String(gke.status) : undefined;
  return taggedCluster({
    source: 'gke',
    account: project,
    region: gke.location ?? '',
    name: gke.name ?? '',
    tags: gke.resourceLabels ?? {},
    tagPrefix,
    server: address === undefined ? undefined : `https://${address.host}`,
    certificateAuthorityData: address?.ownAuthority
      ? gke.masterAuth?.clusterCaCertificate || undefined
      : undefined,
    version: gke.currentMasterVersion || undefined,
    status,
    credential: { kind: 'gke' },
    unreachable: address === undefined ? whyUnreachable(project, gke, status) : undefined,
    seenAt,
  });
}

/**
 * Returns the control plane address for a tunnel. The tunnel's other end is in the cluster's own network, so the
 * private address comes first, and the public one only if there is none or the tag asks for it. The DNS endpoint comes last, for clusters
 * whose IP endpoints are off: it is Google's own front end, with a certificate of a public CA. With
 * `allowExternalTraffic` off, it serves only Google's own services.
 */
function addressOf(
  gke: GkeCluster,
  wanted: 'private' | 'public',
): { readonly host: string; readonly ownAuthority: boolean } | undefined {
  const { dnsEndpointConfig: dns, ipEndpointsConfig: ip } = gke.controlPlaneEndpointsConfig ?? {};
  const privately = ip?.privateEndpoint || gke.privateClusterConfig?.privateEndpoint;
  const publicly = ip?.publicEndpoint || gke.privateClusterConfig?.publicEndpoint || gke.endpoint;
  const address =
    ip?.enabled === false ? undefined : wanted === 'public' ? publicly : privately || gke.endpoint;
  if (address) return { host: address, ownAuthority: true };
  return dns?.endpoint && dns.allowExternalTraffic ? { host: dns.endpoint, ownAuthority: false } : undefined;
}

function whyUnreachable(project: string, gke: GkeCluster, status: string | undefined): string {
  const { dnsEndpointConfig: dns, ipEndpointsConfig: ip } = gke.controlPlaneEndpointsConfig ?? {};
  if (ip?.enabled !== false || !dns?.endpoint)
    return `GKE gives it no endpoint yet (status ${status ?? 'unknown'}). Discover again when it is RUNNING.`;
  const update = command`gcloud container clusters update ${gke.name ?? ''} --location=${gke.location ?? ''} --project=${project} --enable-dns-access`;
  return `Its IP endpoints are disabled, and its DNS endpoint does not accept external traffic. Ask its owner to run \`${update}\`.`;
}
