/**
 * What the world holds, as data: the accounts, clusters, people and policies of one made-up organisation.
 * Servers read it; tests change a copy of it.
 */

export interface AwsAccount {
  readonly id: string;
  /** The profile of `~/.aws/config` that reaches it. */
  readonly profile: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface EksCluster {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface VaultSecret {
  /** Below the mount, for example `edge/warehouse-berlin`. */
  readonly path: string;
  readonly name: string;
  /** `https://host:port` of the API server. */
  readonly server: string;
  readonly customMetadata: Readonly<Record<string, string>>;
  readonly holds: 'token' | 'client-certificate';
}

/** An Access application: one host name, what is behind it, who may pass. */
export interface AccessApplication {
  readonly hostname: string;
  readonly origin: 'socks' | 'tcp' | 'down';
  /** People that the policy admits; everyone who can sign in when left out. */
  readonly admits?: readonly string[];
}

export interface Person {
  readonly email: string;
  readonly password: string;
}

export interface Plan {
  /** `<team>.cloudflareaccess.com` */
  readonly team: string;
  readonly people: readonly Person[];
  readonly accounts: readonly AwsAccount[];
  /** Regions that answer `UnrecognizedClientException`. */
  readonly disabledRegions: readonly string[];
  /** `account/region` pairs that answer `AccessDeniedException`. */
  readonly deniedCells: readonly string[];
  readonly eks: readonly EksCluster[];
  readonly vault: {
    readonly mount: string;
    readonly secrets: readonly VaultSecret[];
    /** Folders that exist in the policy but hold nothing, and folders that answer 403. */
    readonly emptyFolders: readonly string[];
    readonly deniedFolders: readonly string[];
  };
  readonly applications: readonly AccessApplication[];
  /** Seconds that an application token and an organisation token hold. */
  readonly appTokenSeconds: number;
  readonly orgTokenSeconds: number;
}

const platform = '111122223333';
const payments = '444455556666';
const data = '777788889999';

const tunnel = (hostname: string, more: Readonly<Record<string, string>> = {}) => ({
  'k8s-tunnels-hostname': hostname,
  ...more,
});

export const defaultPlan: Plan = {
  team: 'acme.cloudflareaccess.com',
  people: [{ email: 'ada@acme.example', password: 'correct horse battery staple' }],
  accounts: [
    {
      id: platform,
      profile: 'platform',
      accessKeyId: 'AKIAWORLDPLATFORM001',
      secretAccessKey: 'platform-secret-key-0000000000000000001',
    },
    {
      id: payments,
      profile: 'payments',
      accessKeyId: 'AKIAWORLDPAYMENTS001',
      secretAccessKey: 'payments-secret-key-0000000000000000001',
    },
    {
      id: data,
      profile: 'data',
      accessKeyId: 'AKIAWORLDDATA0000001',
      secretAccessKey: 'data-secret-key-00000000000000000000001',
    },
  ],
  disabledRegions: ['ap-northeast-3'],
  deniedCells: [`${data}/us-west-1`],
  eks: [
    {
      account: payments,
      region: 'eu-west-1',
      name: 'payments-staging',
      tags: tunnel('payments-staging.k8s.acme.example', {
        'k8s-tunnels-name': 'payments-staging-eu',
        'k8s-tunnels-environment': 'staging',
        'k8s-tunnels-owner': 'team-payments@acme.example',
        'k8s-tunnels-description': 'Payments, the stage before production',
      }),
    },
    {
      account: payments,
      region: 'eu-west-1',
      name: 'payments-prod',
      tags: tunnel('payments-prod.k8s.acme.example', {
        'k8s-tunnels-name': 'payments-prod-eu',
        'k8s-tunnels-environment': 'production',
      }),
    },
    {
      account: payments,
      region: 'us-east-1',
      name: 'ledger-prod',
      tags: tunnel('ledger-prod.k8s.acme.example', { 'k8s-tunnels-environment': 'production' }),
    },
    {
      account: platform,
      region: 'us-east-1',
      name: 'search-staging',
      // The portable form of the value, as a GCP label would hold it.
      tags: tunnel('search-staging_k8s_acme_example', {
        'k8s-tunnels-environment': 'staging',
        'k8s-tunnels-namespace': 'search',
      }),
    },
    {
      account: platform,
      region: 'eu-central-1',
      name: 'tools',
      tags: tunnel('tools.k8s.acme.example', { 'k8s-tunnels-group': 'platform' }),
    },
    // Its application answers but its origin is down.
    {
      account: platform,
      region: 'eu-central-1',
      name: 'tools-next',
      tags: tunnel('tools-next.k8s.acme.example'),
    },
    // Tagged with a value that no reader can accept.
    {
      account: data,
      region: 'eu-central-1',
      name: 'warehouse',
      tags: tunnel('warehouse.k8s.acme.example', { 'k8s-tunnels-origin': 'carrier-pigeon' }),
    },
    // The policy does not admit Ada.
    {
      account: data,
      region: 'eu-central-1',
      name: 'lake-prod',
      tags: tunnel('lake-prod.k8s.acme.example', { 'k8s-tunnels-environment': 'production' }),
    },
    { account: data, region: 'us-east-1', name: 'batch', tags: { team: 'data' } },
  ],
  vault: {
    mount: 'clusters',
    secrets: [
      {
        path: 'edge/depot-berlin',
        name: 'depot-berlin',
        server: 'https://k8s.depot-berlin.acme.internal:6443',
        customMetadata: tunnel('depot-berlin.k8s.acme.example', {
          'k8s-tunnels-origin': 'tcp',
          'k8s-tunnels-environment': 'edge',
        }),
        holds: 'token',
      },
      {
        path: 'edge/depot-lyon',
        name: 'depot-lyon',
        server: 'https://k8s.depot-lyon.acme.internal:6443',
        customMetadata: tunnel('depot-lyon.k8s.acme.example', {
          'k8s-tunnels-origin': 'tcp',
          'k8s-tunnels-environment': 'edge',
        }),
        holds: 'client-certificate',
      },
    ],
    emptyFolders: ['attic'],
    deniedFolders: ['secretive'],
  },
  applications: [
    { hostname: 'payments-staging.k8s.acme.example', origin: 'socks' },
    { hostname: 'payments-prod.k8s.acme.example', origin: 'socks' },
    { hostname: 'ledger-prod.k8s.acme.example', origin: 'socks' },
    { hostname: 'search-staging.k8s.acme.example', origin: 'socks' },
    { hostname: 'tools.k8s.acme.example', origin: 'socks' },
    { hostname: 'tools-next.k8s.acme.example', origin: 'down' },
    { hostname: 'warehouse.k8s.acme.example', origin: 'socks' },
    { hostname: 'lake-prod.k8s.acme.example', origin: 'socks', admits: ['grace@acme.example'] },
    { hostname: 'depot-berlin.k8s.acme.example', origin: 'tcp' },
    { hostname: 'depot-lyon.k8s.acme.example', origin: 'tcp' },
  ],
  appTokenSeconds: 24 * 3600,
  orgTokenSeconds: 7 * 24 * 3600,
};

/** `<hex>.gr7.<region>.eks.amazonaws.com`, as EKS names its endpoints, the hex made from the ARN. */
export function eksEndpointHost(cluster: EksCluster): string {
  let hash = 0x811c9dc5;
  for (const char of eksArn(cluster)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return `${hash.toString(16).toUpperCase().padStart(8, '0').repeat(4)}.gr7.${cluster.region}.eks.amazonaws.com`;
}

export function eksArn(cluster: EksCluster): string {
  return `arn:aws:eks:${cluster.region}:${cluster.account}:cluster/${cluster.name}`;
}
