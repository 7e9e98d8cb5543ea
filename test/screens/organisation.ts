import type { Snapshot } from '../../main/model/agent-view.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import type { Failure, TunnelState } from '../../main/model/tunnel-state.ts';
import { aCell, aCluster, aTunnel } from '../renderer/shown.ts';

/** What the pictures show: an organisation at one moment, so that each looks the same every time it is taken. */

export const now = Date.UTC(2026, 5, 15, 9, 30);
const minute = 60_000;
const hour = 60 * minute;

type Fields = Parameters<typeof aCluster>[1];

const cluster = (title: string, fields: Fields = {}): Cluster =>
  aCluster(title, {
    seenAt: now - 4 * minute,
    reach: { kind: 'tunnel', hostname: `${title}.k8s.acme.example`, origin: 'socks' },
    version: '1.33',
    ...fields,
  });

const payments = { account: '424242424242', accountName: 'payments', group: 'payments' };
export const paymentsStaging = cluster('payments-staging-eu', {
  ...payments,
  environment: 'staging',
  owner: 'team-payments',
  description: 'Where payments are tried before they are real.',
  docs: 'https://wiki.acme.example/payments',
});
export const paymentsProduction = cluster('payments-prod-eu', { ...payments, environment: 'production' });
export const search = cluster('search-staging', {
  source: 'gke',
  account: 'acme-search',
  region: 'europe-west4',
  environment: 'staging',
});
export const ledger = cluster('ledger-prod', {
  account: '111122223333',
  accountName: 'ledger',
  region: 'us-east-1',
  environment: 'production',
});
export const loyalty = cluster('loyalty', {
  source: 'aks',
  account: '0a1b2c3d-retail',
  accountName: 'Retail',
  region: 'westeurope',
  environment: 'staging',
});
export const warehouse = cluster('warehouse', {
  source: 'vault',
  account: 'clusters',
  region: 'berlin',
  environment: 'production',
});
export const archive = cluster('archive', {
  source: 'vault',
  account: 'clusters',
  region: 'berlin',
  stale: true,
  seenAt: now - 50 * hour,
});
export const sandbox = cluster('sandbox', {
  account: '111122223333',
  accountName: 'ledger',
  region: 'us-east-1',
  reach: { kind: 'none', reason: 'Tag k8s-tunnels-hostname is missing.' },
});
export const clusters = [
  paymentsStaging,
  paymentsProduction,
  search,
  ledger,
  loyalty,
  warehouse,
  archive,
  sandbox,
];

const standing: TunnelState = {
  status: 'connected',
  since: now - 42 * minute,
  probe: {
    at: now - 10_000,
    stages: [
      { stage: 'edge', ms: 9 },
      { stage: 'access', ms: 1 },
      { stage: 'origin', ms: 4 },
      { stage: 'tls', ms: 6 },
      { stage: 'readyz', ms: 12 },
    ],
    totalMs: 32,
  },
};

export const originDown: Failure = {
  stage: 'origin',
  mender: 'cluster-administrator',
  error: {
    code: 'origin-failed',
    message: 'search-staging.k8s.acme.example is up, but its origin does not respond (HTTP 502).',
    hint: 'Ask who runs the tunnel of search-staging.',
    retryable: true,
  },
};

const session = {
  authDomain: 'acme.cloudflareaccess.com',
  email: 'rosa@acme.example',
  endsAt: now + 7.2 * hour,
};

/** Two are connected, all is well. */
export const everyday: Partial<Snapshot> = {
  clusters,
  tunnels: [aTunnel(paymentsStaging.id, standing, 31_842), aTunnel(search.id, standing, 28_303)],
  favourites: [paymentsStaging.id, ledger.id],
  kept: [loyalty.id],
  sessions: [session],
  kubectl: { context: paymentsStaging.title, cluster: paymentsStaging.id },
  discovery: { status: 'idle', finishedAt: now - 4 * minute },
  cells: [aCell('eu-west-1'), aCell('us-east-1')],
  sets: [{ name: 'staging', clusters: [paymentsStaging.id, search.id] }],
};

/** One fails, one waits for its next try, some places could not be read. */
export const trouble: Partial<Snapshot> = {
  ...everyday,
  tunnels: [
    aTunnel(paymentsStaging.id, standing, 31_842),
    aTunnel(search.id, { status: 'failed', since: now - 2 * minute, failure: originDown }, 28_303),
    aTunnel(
      loyalty.id,
      {
        status: 'reconnecting',
        since: now - minute,
        attempt: 3,
        nextAt: now + 8_000,
        failure: {
          stage: 'edge',
          mender: 'network',
          error: { code: 'network-unreachable', message: 'The network cannot be reached.', retryable: true },
        },
      },
      30_111,
    ),
  ],
  cells: [
    aCell('eu-west-1'),
    aCell('us-east-1', {
      code: 'aws-session-expired',
      message: 'The session of profile ledger ended.',
      hint: 'Sign in again: Accounts.',
      retryable: false,
    }),
  ],
};
