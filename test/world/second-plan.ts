import { defaultPlan, type Plan, type VaultSecret } from './plan.ts';

const orders = '555566667777';
const stock = '888899990000';

/** The fields of a secret of KV version 1, its tags among them, as `vault kv put` is given them. */
export type SecretFields = Readonly<Record<string, string>>;

/**
 * A second organisation, of another shape: other accounts and regions reached through Identity Center alone, keys of tags
 * with a prefix of its own, Vault with KV version 1, and an application that no person passes. Its tags are the caller's.
 */
export function secondPlan(tags: {
  readonly eks: Readonly<Record<string, string>>;
  readonly vault: SecretFields;
}): Plan {
  const { server = '', ...press } = tags.vault;
  const secret: VaultSecret = {
    path: 'presses/press',
    name: 'press',
    server,
    customMetadata: Object.fromEntries(Object.entries(press).filter(([key]) => key.startsWith('globex-'))),
    holds: 'token',
  };
  return {
    ...defaultPlan,
    team: 'globex.cloudflareaccess.com',
    people: [{ email: 'lin@globex.example', password: 'four random words again' }],
    accounts: [],
    identityCenter: {
      session: 'globex',
      startUrl: 'https://globex.awsapps.com/start',
      region: 'us-west-2',
      accounts: [
        { id: orders, name: 'orders', roles: [{ name: 'KubeReader', eks: true }] },
        { id: stock, name: 'stock', roles: [{ name: 'KubeReader', eks: true }] },
      ],
      requestsPerSecond: 20,
    },
    deniedCells: [],
    eks: [
      { account: orders, region: 'us-west-2', name: 'orders', tags: tags.eks },
      // Tagged as another organisation would.
      {
        account: stock,
        region: 'ap-southeast-2',
        name: 'stock',
        tags: { 'k8s-tunnels-hostname': 'stock.k8s.globex.example', 'globex-orgin': 'tcp' },
      },
      // In a region that the configuration does not name.
      { account: stock, region: 'eu-west-1', name: 'archive', tags: {} },
    ],
    vault: {
      namespace: '',
      mount: 'factories',
      version: 1,
      secrets: [secret],
      emptyFolders: [],
      deniedFolders: [],
      others: [],
    },
    applications: [
      { hostname: 'orders.k8s.globex.example', origin: 'socks' },
      { hostname: 'press.k8s.globex.example', origin: 'tcp', serviceAuth: true },
    ],
    postureRules: [],
    served: ['orders', 'press'],
  };
}
