import type { ClusterManagerClient, protos } from '@google-cloud/container';
import type { GcpAccess, GcpParts } from './adc.ts';
import { addressOf } from './api.ts';
import { openTokenClient } from './clients.ts';
import { callError } from './errors.ts';
import { longestGetMs } from './request.ts';

type Listed = protos.google.container.v1.IListClustersResponse;

/** Opens GKE's API for a run. Rejects with `bad-input` if gcloud's settings have an invalid address. */
export async function openClusterManager(parts: GcpParts, access: GcpAccess): Promise<ClusterManagerClient> {
  const { protocol, hostname, port } = new URL(addressOf('container', parts, access));
  const authClient = await openTokenClient(parts, access);
  // Do not import the package's index, which takes twice as long to load: it includes gRPC messages and v1beta1.
  const { ClusterManagerClient } = await import('@google-cloud/container/build/src/v1/index.js');
  return new ClusterManagerClient({
    fallback: true,
    authClient,
    universeDomain: access.universe,
    protocol: protocol.replace(':', ''),
    apiEndpoint: hostname,
    port: Number(port) || (protocol === 'http:' ? 80 : 443),
  });
}

/**
 * Lists a project's clusters in all locations with one call, which GKE does not page. Rejects with a `gcp-…` code,
 * `cancelled`, `timeout` or another network code.
 */
export async function listClusters(options: {
  readonly client: ClusterManagerClient;
  readonly project: string;
  /** The fields to return, separated by commas. */
  readonly fieldMask: string;
  readonly signal: AbortSignal;
}): Promise<Listed> {
  const { client, project, fieldMask, signal } = options;
  try {
    // Use the callback: the SDK's promise parses its whole schema again, a tenth of a second, for every project that
    // rejects.
    return await new Promise<Listed>((resolve, reject) =>
      client.listClusters(
        { parent: `projects/${project}/locations/-` },
        {
          otherArgs: { headers: { 'x-goog-fieldmask': fieldMask } },
          // Retried below the SDK, which ignores Retry-After.
          retry: null,
          timeout: longestGetMs,
          signal,
        },
        (error, listed) => (error ? reject(error) : resolve(listed ?? {})),
      ),
    );
  } catch (error) {
    throw callError(error, {
      permission: 'container.clusters.list',
      role: 'roles/container.clusterViewer',
      project,
    });
  }
}
