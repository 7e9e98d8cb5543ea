import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { CredentialSource } from '../../../model/cluster.ts';
import { command } from '../../../model/command.ts';
import { parseForeignYaml } from '../../cluster-fields/kubeconfig-context.ts';
import { pemFrom } from '../../cluster-fields/pem.ts';
import type { AzureSession } from './clients.ts';
import { azureError } from './errors.ts';

export type AksCredentialSource = Extract<CredentialSource, { kind: 'aks' }>;

const kubeconfigSchema = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ 'certificate-authority-data': z.string().optional() }) }),
  ]),
  users: z.tuple([
    z.object({
      user: z.object({
        'client-certificate-data': z.string().optional(),
        'client-key-data': z.string().optional(),
      }),
    }),
  ]),
});

/**
 * Reads the kubeconfig that AKS gives a user. `authority` is base64 of PEM; `client` (PEM) is present if the cluster
 * does not authenticate users. Rejects with an `azure-…` or network code, `cancelled`, or `credential-failed`.
 */
export async function readAksKubeconfig(options: {
  readonly session: AzureSession;
  readonly source: AksCredentialSource;
  readonly signal?: AbortSignal;
}): Promise<{
  readonly authority: string | undefined;
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
}> {
  const { session, source, signal } = options;
  const { tenant, subscription, resourceGroup, cluster } = source;
  const { ContainerServiceClient } = await import('@azure/arm-containerservice');
  const client = new ContainerServiceClient(session.credential(tenant), subscription, session.clientOptions);
  let text: string;
  try {
    const { kubeconfigs } = await client.managedClusters.listClusterUserCredentials(resourceGroup, cluster, {
      format: 'exec',
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    text = Buffer.from(kubeconfigs?.[0]?.value ?? []).toString('utf8');
  } catch (error) {
    if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.', { cause: error });
    throw azureError({
      error,
      session,
      tenant,
      action: 'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
      scope: `cluster ${cluster}`,
    });
  }
  const config = kubeconfigSchema.safeParse(parseForeignYaml(text));
  if (!config.success) {
    throw new AppError('credential-failed', `AKS gives no kubeconfig for ${cluster} that can be read.`, {
      hint: `Look at \`${command`az aks get-credentials --subscription ${subscription} -g ${resourceGroup} -n ${cluster} -f -`}\`.`,
    });
  }
  const [{ cluster: stanza }] = config.data.clusters;
  const [{ user }] = config.data.users;
  const certificate = pemFrom(user['client-certificate-data'] ?? '');
  const key = pemFrom(user['client-key-data'] ?? '');
  return {
    authority: stanza['certificate-authority-data'],
    client: certificate === undefined || key === undefined ? undefined : { certificate, key },
  };
}
