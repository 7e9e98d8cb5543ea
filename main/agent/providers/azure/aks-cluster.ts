import type { ManagedCluster } from '@azure/arm-containerservice';
import { z } from 'zod';
import { type Cluster, clusterId } from '../../../model/cluster.ts';
import { taggedCluster } from '../../catalog/tagged-cluster.ts';
import { readTags } from '../../catalog/tags.ts';

const text = z.string().min(1).optional().catch(undefined);

/** One cluster, as both Resource Graph and the resource provider describe it. */
const readingSchema = z.object({
  /** `/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerService/managedClusters/NAME` */
  id: z.string(),
  name: z.string(),
  location: z.string(),
  tags: z.record(z.string(), z.string()).catch({}),
  version: text,
  provisioning: text,
  power: text,
  fqdn: text,
  privateFqdn: text,
  /** Present if the users of a tenant can log in. */
  entra: z.object({ tenantID: text, serverAppID: text }).optional().catch(undefined),
});
export type AksReading = z.infer<typeof readingSchema>;

/**
 * Queries all clusters of a tenant, grouped by subscription: those before the last subscription of a page are complete.
 * The IDs must be among the columns, or there is no second page.
 */
export const clustersQuery = `resources
| where type =~ 'microsoft.containerservice/managedclusters'
| project id, name, location, subscriptionId, tags, version = properties.kubernetesVersion, provisioning = properties.provisioningState, power = properties.powerState.code, fqdn = properties.fqdn, privateFqdn = properties.privateFQDN, entra = properties.aadProfile
| order by subscriptionId asc, id asc`;

/** Parses a row of the answer to `clustersQuery`. Throws if it names no cluster. */
export function readingOfRow(row: unknown): AksReading {
  return readingSchema.parse(row);
}

/** Parses a cluster from the resource provider's list. */
export function readingOf(cluster: ManagedCluster): AksReading {
  return readingSchema.parse({
    ...cluster,
    version: cluster.kubernetesVersion,
    provisioning: cluster.provisioningState,
    power: cluster.powerState?.code,
    privateFqdn: cluster.privateFqdn,
    entra: cluster.aadProfile ?? undefined,
  });
}

/** The server application of every AKS cluster without an older one of its own, in every cloud. */
const aksApplication = '6dae42f8-4368-4678-94ff-3960e28e3630';

export function subscriptionOf({ id }: AksReading): string {
  return partOf(id, 'subscriptions').toLowerCase();
}

/**
 * `known` is the catalog's cluster: no listing returns its CA certificate, which stays valid as long as its address
 * does.
 */
export function aksCluster(options: {
  readonly reading: AksReading;
  readonly tenant: string;
  readonly tagPrefix: string | undefined;
  readonly known: (id: Cluster['id']) => Cluster | undefined;
  readonly seenAt: number;
}): Cluster {
  const { reading, tenant, tagPrefix, known, seenAt } = options;
  const { id, name, location: region, tags, version, provisioning, power, entra } = reading;
  const subscription = subscriptionOf(reading);
  const resourceGroup = partOf(id, 'resourceGroups');
  // Azure ignores case, and answers in several spellings.
  const key = `${resourceGroup}/${name}`.toLowerCase();
  const { fields } = readTags(tags, tagPrefix);
  // Only the network of the cluster resolves the private name. Without a tunnel, the public one leads there too.
  const isPublicFirst =
    (fields.endpoint ?? (fields.connector === 'direct' ? 'public' : 'private')) === 'public';
  const hosts = [reading.privateFqdn, reading.fqdn].filter((one) => one !== undefined);
  const [host, otherHost] = isPublicFirst ? hosts.toReversed() : hosts;
  const server = host === undefined ? undefined : `https://${host}:443`;
  const before = known(clusterId('aks', subscription, region, key));
  return taggedCluster({
    source: 'aks',
    account: subscription,
    region,
    name,
    key,
    tags,
    tagPrefix,
    server,
    otherHost,
    certificateAuthorityData:
      before?.server === server || before?.otherHost === host ? before?.certificateAuthorityData : undefined,
    version,
    status: power === 'Stopped' ? power : provisioning,
    credential: {
      kind: 'aks',
      tenant,
      subscription,
      resourceGroup,
      cluster: name,
      login:
        entra === undefined
          ? { kind: 'client-certificate' }
          : {
              kind: 'entra',
              tenant: entra.tenantID ?? tenant,
              application: entra.serverAppID ?? aksApplication,
            },
    },
    unreachable:
      server === undefined
        ? `AKS gives it no address yet (${provisioning ?? 'unknown state'}). Discover again when it is Succeeded.`
        : undefined,
    seenAt,
  });
}

function partOf(id: string, name: string): string {
  const parts = id.split('/');
  const at = parts.findIndex((part) => part.toLowerCase() === name.toLowerCase());
  return (at === -1 ? undefined : parts[at + 1]) ?? '';
}
