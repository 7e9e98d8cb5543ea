import { defaultPlan, type EksCluster, type Plan } from './plan.ts';

/** Regions in the order in which they are filled. */
const regions = [
  'us-east-1',
  'eu-west-1',
  'eu-central-1',
  'us-west-2',
  'us-east-2',
  'us-west-1',
  'ca-central-1',
  'sa-east-1',
  'eu-north-1',
  'eu-west-2',
  'eu-west-3',
  'ap-south-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-southeast-1',
  'ap-southeast-2',
];

export interface Scale {
  /** AWS accounts, all of them granted by Identity Center. */
  readonly accounts: number;
  /** Regions, 17 at most, that clusters are in. */
  readonly regions: number;
  /** EKS clusters, spread evenly over accounts and regions. */
  readonly clusters: number;
  /** Google projects and the GKE clusters in them. */
  readonly projects?: number;
  readonly gke?: number;
  /** AKS clusters, in subscriptions of at most 1,000. */
  readonly aks?: number;
  /** How many clusters can be connected to, 3 if left out: an API server each costs more than a line in a list. */
  readonly served?: number;
}

/** The organisation of the default plan, grown or shrunk to these numbers. The first clusters are all that answer. */
export function scalePlan(scale: Scale): Plan {
  const { accounts, clusters, projects = 0, gke = 0, aks = 0, served = 3 } = scale;
  const names = regions.slice(0, scale.regions);
  const ids = Array.from({ length: accounts }, (_, index) => String(600_000_000_000 + index));
  const eks = Array.from({ length: clusters }, (_, index): EksCluster => {
    const name = `eks-${String(index).padStart(5, '0')}`;
    return {
      account: ids[index % accounts] ?? '',
      // Each round over the accounts moves on by a region, and each account begins one further.
      region: names[((index % accounts) + Math.floor(index / accounts)) % names.length] ?? '',
      name,
      tags: tags(name, index),
    };
  });
  const projectIds = Array.from({ length: projects }, (_, index) => `acme-${String(index).padStart(5, '0')}`);
  const subscriptions = Array.from({ length: Math.ceil(aks / 1000) }, (_, index) => ({
    id: `5c5c5c5c-0000-4000-8000-${String(index).padStart(12, '0')}`,
    tenant: defaultPlan.azure.tenants[0]?.id ?? '',
    name: `Subscription ${index}`,
  }));
  const answering = eks.slice(0, served);
  return {
    ...defaultPlan,
    accounts: [],
    identityCenter: {
      ...defaultPlan.identityCenter,
      accounts: ids.map((id, index) => ({
        id,
        name: `account-${index}`,
        roles: [{ name: 'Developer', eks: true }],
      })),
    },
    disabledRegions: [],
    deniedCells: [],
    eks,
    gcp: {
      ...defaultPlan.gcp,
      projects: projectIds.map((id, index) => ({
        id,
        number: String(100_000_000_000 + index),
        gke: 'enabled',
      })),
      clusters: Array.from({ length: projects === 0 ? 0 : gke }, (_, index) => {
        const name = `gke-${String(index).padStart(5, '0')}`;
        return {
          project: projectIds[index % projects] ?? '',
          location: index % 2 === 0 ? 'europe-west1' : 'us-central1-b',
          name,
          labels: tags(name, index),
          endpoint: 'private' as const,
        };
      }),
    },
    azure: {
      ...defaultPlan.azure,
      tenants: defaultPlan.azure.tenants.slice(0, 1),
      subscriptions,
      aks: Array.from({ length: aks }, (_, index) => {
        const name = `aks-${String(index).padStart(5, '0')}`;
        return {
          subscription: subscriptions[Math.floor(index / 1000)]?.id ?? '',
          resourceGroup: `group-${index % 50}`,
          location: index % 2 === 0 ? 'westeurope' : 'northeurope',
          name,
          tags: tags(name, index),
          entra: true,
        };
      }),
    },
    vault: { ...defaultPlan.vault, secrets: [], emptyFolders: [], deniedFolders: [] },
    applications: answering.map(({ name }) => ({ hostname: hostname(name), origin: 'socks' })),
    served: answering.map(({ name }) => name),
  };
}

const environments = ['development', 'staging', 'production'];

/** As a label may hold them too: a dot of a host name as an underscore. */
function tags(name: string, index: number): Readonly<Record<string, string>> {
  return {
    'k8s-tunnels-hostname': hostname(name).replaceAll('.', '_'),
    'k8s-tunnels-environment': environments[index % environments.length] ?? '',
    'k8s-tunnels-group': `team-${index % 40}`,
  };
}

function hostname(name: string): string {
  return `${name}.k8s.acme.example`;
}
