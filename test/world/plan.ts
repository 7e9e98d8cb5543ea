/**
 * What the world holds, as data: the accounts, clusters, people and policies of one made-up organisation.
 * Servers read it; tests change a copy of it.
 */

import { defaultGcp, type GcpPlan } from './gcp/gcp-plan.ts';

export interface AwsAccount {
  readonly id: string;
  /** The profile of `~/.aws/config` that reaches it. */
  readonly profile: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An account in which IAM Identity Center grants roles; `eks` says whether the role's policies allow EKS. */
export interface GrantedAccount {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly { readonly name: string; readonly eks: boolean }[];
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
  /** `oidc`: whom its API server takes the id tokens of. */
  readonly holds: 'token' | 'client-certificate' | 'oidc';
}

/** A KV mount. Version 1 has no metadata: what is custom metadata elsewhere stands among the data of a secret. */
export interface VaultMount {
  /** `` is the root namespace. */
  readonly namespace: string;
  readonly mount: string;
  readonly version: 1 | 2;
  readonly secrets: readonly VaultSecret[];
  /** Folders that exist in the policy but hold nothing, and folders that answer 403. */
  readonly emptyFolders: readonly string[];
  readonly deniedFolders: readonly string[];
}

export interface AzureTenant {
  readonly id: string;
  readonly domain: string;
  /** Its people must have shown a second factor, which the sign-in to another tenant has not. */
  readonly requiresMfa?: boolean;
  /** Those who belong to it; everybody where left out. The first tenant of a person is their home. */
  readonly members?: readonly string[];
  /** Conditional access for the server application of AKS: a sign-in must have answered its claims challenge. */
  readonly guardsAks?: boolean;
}

export interface AzureSubscription {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
}

export interface AksCluster {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** People of the subscription's tenant log in to its API; without, AKS gives out a client certificate. */
  readonly entra: boolean;
  /** Its API server has a private address only. */
  readonly private?: boolean;
  /** With `private`: its public DNS name, which leads to the private address, is on. */
  readonly publicName?: boolean;
}

/** An Access application: one host name, what is behind it, who may pass. */
export interface AccessApplication {
  readonly hostname: string;
  readonly origin: 'socks' | 'tcp' | 'https' | 'down';
  /** With `https`: the cluster whose API it publishes as a web application; with `tcp` the one it leads to, not in Vault. */
  readonly cluster?: string;
  /** With `https`: it publishes the organisation's catalog, whose Worker gets the token of Access. */
  readonly catalog?: true;
  /** People that the policy admits; everyone who can sign in when left out. */
  readonly admits?: readonly string[];
  /** Its one policy has the action Service Auth: no person passes. */
  readonly serviceAuth?: boolean;
  /** Groups of the identity provider, one of which the policy wants. */
  readonly groups?: readonly string[];
  /** Ids of the device posture rules that the policy requires. */
  readonly posture?: readonly string[];
  /** The application's own words to those whom it refuses. */
  readonly denyMessage?: string;
}

/** A device posture rule of the organisation. */
export interface PostureRule {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly type: string;
}

export interface Person {
  readonly email: string;
  readonly password: string;
  readonly groups?: readonly string[];
  /** Ids of the device posture rules that the person's device fails. */
  readonly fails?: readonly string[];
}

export interface Plan {
  /** `<team>.cloudflareaccess.com` */
  readonly team: string;
  readonly people: readonly Person[];
  readonly accounts: readonly AwsAccount[];
  readonly identityCenter: {
    /** The `sso-session` of the AWS configuration. */
    readonly session: string;
    readonly startUrl: string;
    readonly region: string;
    readonly accounts: readonly GrantedAccount[];
    /** What the portal lets through in all; AWS's own limit is 20. */
    readonly requestsPerSecond: number;
  };
  /** Regions beside the default ones that every account has enabled. */
  readonly optInRegions: readonly string[];
  /** Regions that answer `UnrecognizedClientException`. */
  readonly disabledRegions: readonly string[];
  /** `account/region` pairs that answer `AccessDeniedException`. */
  readonly deniedCells: readonly string[];
  readonly eks: readonly EksCluster[];
  readonly azure: {
    readonly tenants: readonly AzureTenant[];
    readonly subscriptions: readonly AzureSubscription[];
    /** An application of the first tenant that may read it. */
    readonly application: { readonly id: string; readonly secret: string };
    readonly aks: readonly AksCluster[];
    /** Tenants whose Resource Graph, and subscriptions whose resource provider, answer 403. */
    readonly deniedGraphs: readonly string[];
    readonly deniedSubscriptions: readonly string[];
  };
  readonly gcp: GcpPlan;
  readonly vault: VaultMount & {
    /** More mounts beside it. */
    readonly others: readonly VaultMount[];
  };
  readonly applications: readonly AccessApplication[];
  readonly postureRules: readonly PostureRule[];
  /** Seconds that an application token and an organisation token hold. */
  readonly appTokenSeconds: number;
  readonly orgTokenSeconds: number;
  /** The clusters that have an API server, by name; the others are only listed. */
  readonly served: 'all' | readonly string[];
}

const platform = '111122223333';
const payments = '444455556666';
const data = '777788889999';
const sandbox = '222233334444';
const research = '333344445555';

const acmeTenant = '0a0a0a0a-1111-4222-8333-444455556666';
const partnerTenant = '0b0b0b0b-1111-4222-8333-444455556666';
const retail = '1c1c1c1c-0001-4000-8000-00000000a001';
const laboratory = '1c1c1c1c-0002-4000-8000-00000000a002';
const partnerEdge = '1c1c1c1c-0003-4000-8000-00000000b001';

const tunnel = (hostname: string, more: Readonly<Record<string, string>> = {}) => ({
  'k8s-tunnels-hostname': hostname,
  ...more,
});

export const defaultPlan: Plan = {
  team: 'acme.cloudflareaccess.com',
  people: [
    {
      email: 'ada@acme.example',
      password: 'correct horse battery staple',
      groups: ['engineering'],
      fails: ['3a9f2c51-77d0-4b1e-9c55-0d4e1f6a8b02'],
    },
  ],
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
  identityCenter: {
    session: 'acme',
    startUrl: 'https://acme.awsapps.com/start',
    region: 'eu-central-1',
    accounts: [
      { id: sandbox, name: 'sandbox', roles: [{ name: 'Developer', eks: true }] },
      // The role that sounds best is none for EKS.
      {
        id: research,
        name: 'research',
        roles: [
          { name: 'BillingAdmin', eks: false },
          { name: 'ClusterReader', eks: true },
        ],
      },
    ],
    requestsPerSecond: 20,
  },
  optInRegions: [],
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
    // These two only through Identity Center.
    {
      account: sandbox,
      region: 'eu-west-1',
      name: 'playground',
      tags: tunnel('playground.k8s.acme.example', { 'k8s-tunnels-environment': 'development' }),
    },
    { account: research, region: 'us-west-2', name: 'notebooks', tags: { team: 'research' } },
  ],
  azure: {
    tenants: [
      { id: acmeTenant, domain: 'acme.onmicrosoft.com' },
      { id: partnerTenant, domain: 'partner.onmicrosoft.com' },
    ],
    subscriptions: [
      { id: retail, tenant: acmeTenant, name: 'Retail' },
      { id: laboratory, tenant: acmeTenant, name: 'Laboratory' },
      { id: partnerEdge, tenant: partnerTenant, name: 'Partner edge' },
    ],
    application: {
      id: '2d2d2d2d-0001-4000-8000-0000000000c1',
      secret: 'azure-application-secret-0000000000001',
    },
    aks: [
      {
        subscription: retail,
        resourceGroup: 'Loyalty-Staging',
        location: 'westeurope',
        name: 'loyalty-staging',
        tags: tunnel('loyalty-staging.k8s.acme.example', { 'k8s-tunnels-environment': 'staging' }),
        entra: true,
      },
      {
        subscription: retail,
        resourceGroup: 'Loyalty-Prod',
        location: 'northeurope',
        name: 'loyalty-prod',
        tags: tunnel('loyalty-prod.k8s.acme.example', { 'k8s-tunnels-environment': 'production' }),
        entra: false,
      },
      {
        subscription: laboratory,
        resourceGroup: 'lab',
        location: 'westeurope',
        name: 'lab',
        tags: { team: 'platform' },
        entra: true,
      },
      {
        subscription: partnerEdge,
        resourceGroup: 'edge',
        location: 'germanywestcentral',
        name: 'partner-edge',
        tags: tunnel('partner-edge.k8s.acme.example', { 'k8s-tunnels-environment': 'edge' }),
        entra: true,
        private: true,
      },
    ],
    deniedGraphs: [],
    deniedSubscriptions: [],
  },
  gcp: defaultGcp,
  vault: {
    namespace: '',
    mount: 'clusters',
    version: 2,
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
    others: [],
  },
  applications: [
    { hostname: 'payments-staging.k8s.acme.example', origin: 'socks' },
    { hostname: 'payments-prod.k8s.acme.example', origin: 'socks' },
    { hostname: 'ledger-prod.k8s.acme.example', origin: 'socks' },
    { hostname: 'search-staging.k8s.acme.example', origin: 'socks' },
    { hostname: 'tools.k8s.acme.example', origin: 'socks' },
    { hostname: 'playground.k8s.acme.example', origin: 'socks' },
    { hostname: 'tools-next.k8s.acme.example', origin: 'down' },
    { hostname: 'warehouse.k8s.acme.example', origin: 'socks' },
    {
      hostname: 'lake-prod.k8s.acme.example',
      origin: 'socks',
      admits: ['grace@acme.example'],
      denyMessage: 'The data team only',
    },
    // Ada is not in the group; her device fails what the other one requires.
    {
      hostname: 'people-prod.k8s.acme.example',
      origin: 'socks',
      groups: ['people-ops'],
      denyMessage: 'Group people-ops only',
    },
    {
      hostname: 'vault-prod.k8s.acme.example',
      origin: 'socks',
      posture: ['3a9f2c51-77d0-4b1e-9c55-0d4e1f6a8b02'],
    },
    { hostname: 'storefront-staging.k8s.acme.example', origin: 'socks' },
    { hostname: 'storefront-prod.k8s.acme.example', origin: 'socks' },
    { hostname: 'reports.k8s.acme.example', origin: 'socks' },
    { hostname: 'depot-berlin.k8s.acme.example', origin: 'tcp' },
    { hostname: 'depot-lyon.k8s.acme.example', origin: 'tcp' },
    { hostname: 'loyalty-staging.k8s.acme.example', origin: 'socks' },
    { hostname: 'loyalty-prod.k8s.acme.example', origin: 'socks' },
    { hostname: 'partner-edge.k8s.acme.example', origin: 'socks' },
  ],
  postureRules: [
    {
      id: '3a9f2c51-77d0-4b1e-9c55-0d4e1f6a8b02',
      name: 'disk-encryption',
      description: 'disk encryption',
      type: 'disk_encryption',
    },
    {
      id: '8e1d04b7-2c66-4f8a-b0a3-5f7c9d2e6a13',
      name: 'os-version',
      description: 'a recent operating system',
      type: 'os_version',
    },
  ],
  appTokenSeconds: 24 * 3600,
  orgTokenSeconds: 7 * 24 * 3600,
  served: 'all',
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

/** The secrets of every mount. */
export function vaultSecretsOf({ vault }: Plan): readonly VaultSecret[] {
  return [vault, ...vault.others].flatMap(({ secrets }) => secrets);
}

/** Every cluster that a person's home leads to. */
export function clustersOf(plan: Plan): readonly { readonly name: string }[] {
  return [...plan.eks, ...plan.azure.aks, ...plan.gcp.clusters, ...plan.vault.secrets];
}

/** As AKS names an API server: the DNS prefix, some hex, the region. */
export function aksHost(cluster: AksCluster): string {
  let hash = 0x811c9dc5;
  const id = `${cluster.subscription}/${cluster.resourceGroup}/${cluster.name}`;
  for (const char of id) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  const label = `${cluster.name}-dns-${hash.toString(16).padStart(8, '0')}`;
  if (cluster.private !== true) return `${label}.hcp.${cluster.location}.azmk8s.io`;
  return `${label}.0f2a7b6c-3d4e-4f50-8a9b-0c1d2e3f4a5b.privatelink.${cluster.location}.azmk8s.io`;
}
