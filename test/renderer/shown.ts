import type { Account } from '../../main/model/account.ts';
import type { ActivityDraft, ActivityEntry } from '../../main/model/activity-entry.ts';
import type { Snapshot, TunnelView } from '../../main/model/agent-view.ts';
import type { PlainError } from '../../main/model/app-error.ts';
import { type Cell, type Cluster, type ClusterId, cellId, clusterId } from '../../main/model/cluster.ts';
import type { OrganisationView, SetupPreview } from '../../main/model/organisation-view.ts';
import type { DeniedPolicy } from '../../main/model/policy.ts';
import type { ReleaseView } from '../../main/model/release.ts';
import { defaultSettings, defaultSettingsFrom } from '../../main/model/settings.ts';
import type { Failure, TunnelState } from '../../main/model/tunnel-state.ts';

/** What an agent shows, made by hand. */

export function aCluster(title: string, fields: Partial<Omit<Cluster, 'id' | 'title'>> = {}): Cluster {
  const { source = 'eks', account = '111122223333', region = 'eu-west-1', name = title } = fields;
  return {
    server: 'https://0123456789.gr7.eu-west-1.eks.amazonaws.com',
    reach: { kind: 'tunnel', hostname: 'one.k8s.example.com', origin: 'socks' },
    tagProblems: [],
    seenAt: Date.now(),
    stale: false,
    ...fields,
    source,
    account,
    region,
    name,
    title,
    id: clusterId(source, account, region, name),
  };
}

export function aCell(region: string, error?: PlainError): Cell {
  const at = { source: 'eks', account: '111122223333', region } as const;
  const id = cellId(at.source, at.account, region);
  return { ...at, id, ...(error === undefined ? { readAt: 1 } : { triedAt: 1, error }) };
}

export function aTunnel(cluster: ClusterId, state: TunnelState, port = 41_001): TunnelView {
  return { cluster, state, port, connector: 'builtin', connections: 2, sent: 1_200, received: 34_000 };
}

export function connected(since = 1): TunnelState {
  const stages = [
    { stage: 'edge' as const, ms: 10 },
    { stage: 'access' as const, ms: 5 },
    { stage: 'origin' as const, ms: 7 },
    { stage: 'tls' as const, ms: 8 },
    { stage: 'readyz' as const, ms: 12 },
  ];
  return { status: 'connected', since, probe: { at: since, stages, totalMs: 42 } };
}

/** One of AWS, signed in, unless `fields` say otherwise. */
export function anAccount(session: string, fields: Partial<Account> = {}): Account {
  return {
    provider: 'aws',
    session,
    status: 'signed-in',
    renews: false,
    store: `/home/ada/.aws/sso/cache/${session}.json`,
    asks: 'browser',
    ours: true,
    ...fields,
  };
}

export function aDenial(hostname: string, fields: Partial<DeniedPolicy> = {}): DeniedPolicy {
  return {
    verdict: 'denied',
    hostname,
    at: Date.now(),
    reason: 'policy',
    message: 'Group people-ops only',
    failing: [],
    ...fields,
  };
}

export function anOrganisation(fields: Partial<OrganisationView> = {}): OrganisationView {
  return {
    name: 'Acme',
    origin: 'url',
    place: 'https://setup.acme.example/k8s-tunnels.yaml',
    signed: false,
    readAt: Date.now(),
    links: {},
    locked: [],
    production: { guard: true, environments: ['production'] },
    ...fields,
  };
}

export function aSetupPreview(fields: Partial<SetupPreview> = {}): SetupPreview {
  return {
    digest: 'd1',
    name: 'Acme',
    origin: 'url',
    place: 'https://setup.acme.example/k8s-tunnels.yaml',
    signed: false,
    fields: [
      { field: 'access.team', value: 'acme.cloudflareaccess.com' },
      { field: 'sources.vault.addresses[0].address', value: 'https://vault.acme.example' },
      { field: 'sources.gke.enabled', value: 'false' },
      { field: 'sources.vault.addresses[0].login.role', value: 'people' },
      { field: 'defaults.kubeconfigMode', value: 'add' },
      { field: 'locked', value: 'kubeconfigMode' },
    ],
    settings: [{ name: 'kubeconfigMode', value: 'add', before: 'switch', locked: true }],
    remarks: ['You sign in to acme.cloudflareaccess.com only.'],
    ...fields,
  };
}

export function aRelease(fields: Partial<ReleaseView> = {}): ReleaseView {
  return {
    version: '1.4.0',
    notes: '# 1.4.0\n\nFaster.',
    url: 'https://example.com/1.4.0',
    publishedAt: '2026-07-01T10:00:00.000Z',
    isRequired: false,
    ...fields,
  };
}

/** One of each kind, the newest first, of a cluster that can be named; `at` is when the newest happened. */
export function someActivity(cluster: Pick<Cluster, 'id' | 'title'>, at = Date.now()): ActivityEntry[] {
  const of = { cluster: cluster.id, title: cluster.title };
  const drafts: readonly ActivityDraft[] = [
    { kind: 'closed', ...of, by: 'person' },
    { kind: 'failed', ...of, failure: originFailure },
    { kind: 'reconnected', ...of, awayMs: 125_000 },
    { kind: 'interrupted', ...of, failure: { ...originFailure, stage: 'readyz' } },
    { kind: 'kubectl', context: cluster.title, cluster: cluster.id },
    { kind: 'connected', ...of, by: 'kubectl', ms: 41.6 },
    { kind: 'signed-in', provider: 'access', session: 'team.cloudflareaccess.com', who: 'ada@example.com' },
    { kind: 'sign-in-ended', provider: 'aws', message: 'The session of profile platform ended.' },
    {
      kind: 'discovery',
      clusters: 214,
      added: { count: 7, titles: ['a', 'b', 'c', 'd', 'e'] },
      gone: { count: 1, titles: [cluster.title] },
      places: 40,
      failed: 3,
    },
    { kind: 'signed-out', provider: 'gcp' },
    { kind: 'kubectl' },
    { kind: 'settings', names: ['keepEntries', 'of a newer agent'] },
    { kind: 'release', version: '1.4.0' },
    { kind: 'refused', ...of, port: 20_443, reason: 'password', process: { pid: 4312, name: 'k9s' } },
  ];
  // The last six of them yesterday.
  const day = 24 * 3_600_000;
  return drafts.map((draft, index) => ({
    ...draft,
    id: drafts.length - index,
    at: at - index * 60_000 - (index < 8 ? 0 : day),
  }));
}

export const originFailure: Failure = {
  stage: 'origin',
  mender: 'cluster-administrator',
  error: {
    code: 'origin-failed',
    message: 'one.k8s.example.com answered 502.',
    hint: 'Ask who runs the tunnel.',
    retryable: true,
  },
};

export function aSnapshot(fields: Partial<Snapshot> = {}): Snapshot {
  return {
    agent: { version: '0.1.0', pid: 1, startedAt: 1, platform: 'linux', signIns: 'headless' },
    clusters: [],
    cells: [],
    discovery: { status: 'idle', finishedAt: Date.now() },
    tunnels: [],
    logins: [],
    sessions: [],
    kubectl: {},
    favourites: [],
    sets: [],
    kept: [],
    policies: [],
    // Of somebody who is past the first run.
    settings: { ...defaultSettings, firstRun: false },
    settingsFrom: defaultSettingsFrom,
    notices: [],
    ...fields,
  };
}
