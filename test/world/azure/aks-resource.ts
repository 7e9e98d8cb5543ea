import { type AksCluster, aksHost, type Plan } from '../plan.ts';

/** The AKS server application, the audience of the tokens that a cluster's API takes. */
export const aksApplication = '6dae42f8-4368-4678-94ff-3960e28e3630';

export function resourceId({ subscription, resourceGroup, name }: AksCluster): string {
  return `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

export function tenantOf(plan: Plan, cluster: AksCluster): string {
  return plan.azure.subscriptions.find(({ id }) => id === cluster.subscription)?.tenant ?? '';
}

/** The managed cluster as its resource provider shows it. */
export function aksResource(plan: Plan, cluster: AksCluster) {
  const { location, name, tags, resourceGroup } = cluster;
  const host = aksHost(cluster);
  return {
    id: resourceId(cluster),
    location,
    name,
    tags,
    type: 'Microsoft.ContainerService/ManagedClusters',
    properties: {
      provisioningState: 'Succeeded',
      powerState: { code: 'Running' },
      kubernetesVersion: '1.32',
      currentKubernetesVersion: '1.32.9',
      dnsPrefix: `${name}-dns`,
      ...(cluster.private === true
        ? {
            privateFQDN: host,
            ...(cluster.publicName === true ? { fqdn: aksHost({ ...cluster, private: false }) } : {}),
          }
        : { fqdn: host }),
      azurePortalFQDN: host.replace('.hcp.', '.portal.hcp.'),
      nodeResourceGroup: `MC_${resourceGroup}_${name}_${location}`,
      enableRBAC: true,
      ...(cluster.entra
        ? {
            aadProfile: {
              managed: true,
              adminGroupObjectIDs: null,
              enableAzureRBAC: true,
              tenantID: tenantOf(plan, cluster),
            },
            disableLocalAccounts: true,
          }
        : { disableLocalAccounts: false }),
      apiServerAccessProfile: { enablePrivateCluster: cluster.private === true },
    },
    identity: { type: 'SystemAssigned' },
    sku: { name: 'Base', tier: 'Standard' },
  };
}

/** What `listClusterUserCredential` gives in the format `exec`. */
export function userKubeconfig(options: {
  readonly plan: Plan;
  readonly cluster: AksCluster;
  /** PEM each. */
  readonly authority: string;
  readonly client: { readonly certificate: string; readonly key: string };
}): string {
  const { plan, cluster, authority, client } = options;
  const { name, resourceGroup } = cluster;
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  const user = `clusterUser_${resourceGroup}_${name}`;
  const login = cluster.entra
    ? `    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - get-token
      - --environment
      - AzurePublicCloud
      - --server-id
      - ${aksApplication}
      - --client-id
      - 80faf920-1908-4b52-b5ef-a8e7bedfc67a
      - --tenant-id
      - ${tenantOf(plan, cluster)}
      - --login
      - devicecode
      command: kubelogin
      env: null
      provideClusterInfo: false`
    : `    client-certificate-data: ${base64(client.certificate)}
    client-key-data: ${base64(client.key)}`;
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(authority)}
    server: https://${aksHost(cluster)}:443
  name: ${name}
contexts:
- context:
    cluster: ${name}
    user: ${user}
  name: ${name}
current-context: ${name}
kind: Config
preferences: {}
users:
- name: ${user}
  user:
${login}
`;
}
