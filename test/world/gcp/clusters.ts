import type { Fault } from '../traffic.ts';
import {
  type GoogleAnswer,
  type GoogleMethod,
  internal,
  notFound,
  ok,
  permissionDenied,
  quotaExceeded,
  refusedBy,
  serviceDisabled,
} from './answers.ts';
import { type GcpPlan, type GkeCluster, gkeAddresses, gkeName } from './gcp-plan.ts';

export interface GkeCall {
  readonly operation: 'ListClusters' | 'GetCluster';
  readonly project: string;
  /** `-` for all. */
  readonly location: string;
  /** Of GetCluster. */
  readonly name?: string | undefined;
}

export function gkeMethod({ operation }: Pick<GkeCall, 'operation'>): GoogleMethod {
  return {
    service: 'container.googleapis.com',
    title: 'Kubernetes Engine API',
    method: `google.container.v1.ClusterManager.${operation}`,
    permission: operation === 'ListClusters' ? 'container.clusters.list' : 'container.clusters.get',
  };
}

/** Reads `projects/P/locations/L[/clusters/C]`, the name of the REST path and of the gRPC request. */
export function readGkeName(name: string): Omit<GkeCall, 'operation'> | undefined {
  const [, project, location, cluster] =
    /^projects\/([^/]+)\/(?:locations|zones)\/([^/]+)(?:\/clusters\/([^/]+))?$/.exec(name) ?? [];
  if (project === undefined || location === undefined) return undefined;
  return { project, location, name: cluster };
}

/** Answers one call of GKE's cluster manager, v1, whichever way it came. */
export async function answerGke(options: {
  readonly call: GkeCall;
  readonly fault: Fault['does'] | undefined;
  readonly plan: GcpPlan;
  readonly certificateAuthorityFor: (cluster: GkeCluster) => string | Promise<string>;
}): Promise<GoogleAnswer> {
  const { call, fault, plan, certificateAuthorityFor } = options;
  const method = gkeMethod(call);
  const project = plan.projects.find(({ id, number }) => id === call.project || number === call.project);
  if (fault?.kind === 'drop') return { kind: 'drop' };
  if (fault?.kind === 'error') return internal;
  if (fault?.kind === 'throttle') {
    return quotaExceeded(method, project?.number ?? '0', fault.retryAfterSeconds);
  }
  // A project that is not there is told from one that is out of reach to nobody.
  if (project === undefined || project.gke === 'denied' || fault?.kind === 'deny') {
    return permissionDenied(method, `projects/${call.project}`);
  }
  if (project.refuses !== undefined) return refusedBy(method, project.number, project.refuses);
  if (project.gke === 'disabled') return serviceDisabled(method, project.number);

  const here = plan.clusters.filter(
    (cluster) =>
      cluster.project === project.id && (call.location === '-' || cluster.location === call.location),
  );
  const describe = async (cluster: GkeCluster) =>
    describeCluster({ cluster, certificateAuthority: await certificateAuthorityFor(cluster) });
  if (call.operation === 'GetCluster') {
    const cluster = here.find(({ name }) => name === call.name);
    const asked = `projects/${project.id}/locations/${call.location}/clusters/${call.name}`;
    return cluster === undefined ? notFound(asked) : ok(await describe(cluster));
  }
  const missing = (location: string) => plan.missingZones.some((zone) => zone.startsWith(location));
  const clusters = await Promise.all(here.filter(({ location }) => !missing(location)).map(describe));
  return ok({
    ...(clusters.length === 0 ? {} : { clusters }),
    ...(plan.missingZones.length === 0 ? {} : { missingZones: plan.missingZones }),
  });
}

/** A cluster as GKE lists it, with its larger parts. `certificateAuthority` is PEM. */
function describeCluster(options: {
  readonly cluster: GkeCluster;
  readonly certificateAuthority: string;
}): object {
  const { cluster, certificateAuthority } = options;
  const { endpoint } = cluster;
  const addresses = gkeAddresses(cluster);
  const isZone = /-[a-z]$/.test(cluster.location);
  const isPrivate = endpoint === 'private';
  return {
    name: cluster.name,
    nodeConfig: {
      machineType: 'e2-standard-4',
      diskSizeGb: 100,
      imageType: 'COS_CONTAINERD',
      diskType: 'pd-balanced',
    },
    masterAuth: { clusterCaCertificate: Buffer.from(certificateAuthority).toString('base64') },
    loggingService: 'logging.googleapis.com/kubernetes',
    monitoringService: 'monitoring.googleapis.com/kubernetes',
    network: 'default',
    clusterIpv4Cidr: '10.4.0.0/14',
    subnetwork: 'default',
    locations: isZone ? [cluster.location] : ['b', 'c', 'd'].map((zone) => `${cluster.location}-${zone}`),
    resourceLabels: cluster.labels,
    labelFingerprint: 'a9dc16a7',
    legacyAbac: {},
    ipAllocationPolicy: { useIpAliases: true, clusterIpv4CidrBlock: '10.4.0.0/14' },
    privateClusterConfig: {
      ...(isPrivate ? { enablePrivateNodes: true, enablePrivateEndpoint: true } : {}),
      ...(isPrivate ? { privateEndpoint: addresses.private } : {}),
      publicEndpoint: addresses.public,
    },
    controlPlaneEndpointsConfig: {
      dnsEndpointConfig: {
        endpoint: addresses.dns,
        allowExternalTraffic: endpoint === 'dns' && cluster.closed !== true,
      },
      ipEndpointsConfig: {
        enabled: endpoint !== 'dns',
        ...(endpoint === 'public' ? { enablePublicEndpoint: true } : {}),
        ...(isPrivate ? { privateEndpoint: addresses.private } : {}),
        publicEndpoint: addresses.public,
      },
    },
    selfLink: `https://container.googleapis.com/v1/${gkeName(cluster)}`,
    zone: cluster.location,
    ...(endpoint === 'dns' ? {} : { endpoint: addresses[endpoint] }),
    initialClusterVersion: '1.32.4-gke.1415000',
    currentMasterVersion: '1.32.4-gke.1415000',
    currentNodeVersion: '1.32.4-gke.1415000',
    createTime: '2024-03-04T09:14:37+00:00',
    status: 'RUNNING',
    servicesIpv4Cidr: '34.118.224.0/20',
    currentNodeCount: 3,
    location: cluster.location,
    autopilot: {},
    id: addresses.dns.slice(4, 36),
    etag: 'd41d8cd9-8f00-b204-e980-0998ecf8427e',
  };
}
