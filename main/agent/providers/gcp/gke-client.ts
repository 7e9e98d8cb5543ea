import type { ClusterManagerClient, protos } from '@google-cloud/container';
import type { GcpAccess, GcpParts } from './adc.ts';
import { addressOf } from './api.ts';
import { openTokenClient } from './clients.ts';
import { callError } from './errors.ts';
import { longestGetMs } from './request.ts';

type Listed = protos.google.container.v1.IListClustersResponse;

/** GKE's API for a run. Rejects with `bad-input` where gcloud's settings give an address that is none. */
export async function openClusterManager(parts: GcpParts, access: GcpAccess): Promise<ClusterManagerClient> {
  const { protocol, hostname, port } = new URL(addressOf('container', parts, access));
  const authClient = await openTokenClient(parts, access);
  // Not the package's index, which takes twice as long to load: with messages for gRPC, and v1beta1.
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
 * Every location of a project in one call, which GKE answers unpaged.
 * Rejects with a `gcp-…` code, `cancelled`, `timeout` or another network code.
 */
export async function listClusters(options: {
  readonly client: ClusterManagerClient;
  readonly project: string;
  /** The fields of the answer to be sent, with commas between them. */
  readonly fieldMask: string;
  readonly signal: AbortSignal;
}): Promise<Listed> {
  const { client, project, fieldMask, signal } = options;
  try {
    // By callback: the SDK's promise reads its whole schema anew, a tenth of a second, at every project that refuses.
    return await new Promise<Listed>((resolve, reject) =>
      client.listClusters(
        { parent: `projects/${project}/locations/-` },
        {
          otherArgs: { headers: { 'x-goog-fieldmask': fieldMask } },
          // Tried again below the SDK, which knows nothing of Retry-After.
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
