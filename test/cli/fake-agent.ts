import { findCluster } from '../../main/agent/catalog/find-cluster.ts';
import { readTags } from '../../main/agent/catalog/tags.ts';
import { checkSwitch, connectPlan } from '../../main/agent/connections/production-guard.ts';
import { systemClock } from '../../main/agent/parts.ts';
import type { Paths } from '../../main/agent/paths.ts';
import type { Input, Output } from '../../main/api/contract.ts';
import type { Handlers } from '../../main/api/dispatch.ts';
import { finishCalls } from '../../main/api/hand-over.ts';
import { electAgent } from '../../main/api/socket/election.ts';
import { connectionServer } from '../../main/api/socket/server.ts';
import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import type { Change, ConnectResult, Snapshot } from '../../main/model/agent-view.ts';
import { AppError, toPlainError } from '../../main/model/app-error.ts';
import { type Cell, type Cluster, type ClusterId, clusterId } from '../../main/model/cluster.ts';
import type { Comparison } from '../../main/model/comparison.ts';
import { isProduction } from '../../main/model/is-production.ts';
import {
  defaultSettings,
  defaultSettingsFrom,
  type SettingsFrom,
  settingsSchema,
} from '../../main/model/settings.ts';
import type { TunnelState } from '../../main/model/tunnel-state.ts';
import type { Unlock } from '../../main/model/unlock.ts';

const account = '444455556666';

export function cluster(name: string, more: Partial<Cluster> = {}): Cluster {
  return {
    id: clusterId('eks', account, 'eu-west-1', name),
    source: 'eks',
    account,
    accountName: 'Payments',
    region: 'eu-west-1',
    name,
    title: name,
    server: `https://${name}.example.com`,
    reach: { kind: 'tunnel', hostname: `${name}.example.net`, origin: 'socks' },
    tagProblems: [],
    seenAt: Date.now(),
    stale: false,
    ...more,
  };
}

/** What the agent's own reading makes of the tags. */
function readTagged(tags: Readonly<Record<string, string>>): Partial<Cluster> {
  const { fields, problems } = readTags(tags);
  const { name: _, ...told } = fields;
  return { ...told, tags: { ...tags }, tagProblems: [...problems] };
}

/** The clusters of the fake: what becomes of each is told by its name. */
export const clusters = [
  cluster('prod', { environment: 'production' }),
  cluster('staging', { environment: 'staging' }),
  cluster('denied'),
  cluster('forbidden'),
  cluster('dark', { owner: 'night-watch@example.com', docs: 'https://wiki.example.com/dark' }),
  cluster('waits'),
  cluster(
    'mistagged',
    readTagged({ 'k8s-tunnels-origin': 'carrier-pigeon', 'k8s-tunnels-owner': 'team@example.com' }),
  ),
  cluster('untagged', { reach: { kind: 'none', reason: 'It has no tag k8s-tunnels-hostname.' } }),
] as const;

const idOf = (name: string) => clusterId('eks', account, 'eu-west-1', name);
const clusterSets: Snapshot['sets'] = [
  { name: 'both', clusters: [idOf('prod'), idOf('staging')] },
  { name: 'lost', clusters: [idOf('gone')] },
  { name: 'Staging\u0007 EU', clusters: [idOf('staging'), idOf('gone')] },
];

const errors: Readonly<Record<string, AppError>> = {
  denied: new AppError('access-denied', 'The Access policy of denied.example.net denies you access.', {
    hint: 'Ask your Access administrator for it.',
  }),
  forbidden: new AppError('access-denied', 'The Access policy of forbidden.example.net denies you access.'),
  dark: new AppError('kube-unready', 'dark \u001b[31manswers\u001b[0m 500\u0007.', { retryable: true }),
};

const signedIn = { status: 'signed-in', renews: false, store: '~', asks: 'browser', ours: true } as const;
const accounts = [
  { ...signedIn, provider: 'access', session: 'acme' },
  { ...signedIn, provider: 'aws', session: 'acme' },
  { ...signedIn, provider: 'gcp', session: 'none', status: 'signed-out' },
  { ...signedIn, provider: 'azure', session: 'cli', ours: false },
  { ...signedIn, provider: 'vault', session: 'one' },
  { ...signedIn, provider: 'vault', session: 'two' },
] as const;

const notExpected = () => Promise.reject(new Error('The fake is set up by nobody.'));

export interface FakeAgent {
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  /** Resolves when a call for the cluster `waits` has come. */
  readonly waiting: Promise<void>;
  /** Resolves when that call was cancelled and undone. */
  readonly undone: Promise<void>;
  /** The calls that it has refused because it hands over. */
  readonly refused: readonly string[];
  /** From then on, a discovery finds one region that does not answer. */
  silence(): void;
  /** From then on, the policies deny it. */
  deny(name: string, message: string): void;
  /** From then on, that one is out. */
  release(release: NonNullable<Snapshot['release']>): void;
  /** From then on, kubectl passes over that in the caller's files. */
  passOver(warnings: readonly string[]): void;
  /** From then on, a terminal of one cluster is opened so. */
  isolateWith(handler: (cluster: Cluster, input: Input<'isolate'>) => Promise<Output<'isolate'>>): void;
  close(): Promise<void>;
}

const silentCell: Cell = {
  id: 'eks/1/sa-east-1',
  source: 'eks',
  account: '1',
  region: 'sa-east-1',
  error: {
    code: 'timeout',
    message: 'AWS did not answer eks:ListClusters in sa-east-1.',
    retryable: true,
  },
};

const happened = { cluster: idOf('dark'), title: 'dark \u001b[31m' };
/** The newest first. */
export const activity: readonly ActivityEntry[] = [
  { id: 5, at: Date.parse('2026-03-04T17:30:10'), kind: 'closed', ...happened, by: 'person' },
  {
    id: 4,
    at: Date.parse('2026-03-04T17:29:00'),
    kind: 'failed',
    ...happened,
    failure: {
      stage: 'readyz',
      mender: 'cluster-administrator',
      error: { code: 'kube-unready', message: 'dark answers\u0007 500.', hint: 'Ask.', retryable: true },
    },
  },
  { id: 3, at: Date.parse('2026-03-04T09:05:00'), kind: 'connected', ...happened, by: 'kubectl', ms: 41.6 },
  {
    id: 2,
    at: Date.parse('2026-03-03T09:00:00'),
    kind: 'discovery',
    clusters: 8,
    added: { count: 2, titles: ['dark', 'prod'] },
    gone: { count: 0, titles: [] },
    places: 2,
    failed: 1,
  },
  { id: 1, at: Date.parse('2026-03-03T08:59:00'), kind: 'settings', names: ['keepEntries'] },
];

/** What a comparison of clusters of the fake finds: the second has another image, and `dark` cannot be read. */
function comparisonOf(asked: Input<'compare'>['clusters']): Comparison {
  const found = asked.map(({ cluster: word }) =>
    findCluster(word, new Map(clusters.map((one) => [one.id, one]))),
  );
  const cells = found.map(({ name }, at) => {
    if (name === 'dark') return { unknown: true as const };
    return at === 1 ? { text: 'app:2\u0007', differs: true as const } : { text: 'app:1' };
  });
  const same = (text: string) =>
    found.map(({ name }) => (name === 'dark' ? { unknown: true as const } : { text }));
  return {
    clusters: found.map((one, at) => ({
      cluster: one.id,
      title: one.title,
      namespace: asked[at]?.namespace ?? 'default',
      ...(isProduction(one) ? { production: true as const } : {}),
      ...(one.name === 'dark' ? { error: toPlainError(errors.dark) } : {}),
      gaps:
        one.name === 'prod'
          ? [
              {
                of: 'nodes' as const,
                error: { code: 'kube-unauthorized' as const, message: 'No\u0007.', retryable: false },
              },
            ]
          : [],
    })),
    cluster: [{ field: 'version', cells: same('v1.33.1'), differs: false }],
    workloads: [
      {
        kind: 'Deployment',
        name: 'web',
        exists: same('yes'),
        rows: [
          { field: 'ready', cells: same('3/3'), differs: false },
          { field: 'image', container: 'app', cells, differs: true },
        ],
        differs: true,
      },
    ],
    differences: 1,
  };
}

/** An agent with the real socket, handshake, parsing and errors; only clusters and tunnels are made up. */
export async function startFakeAgent(paths: Paths): Promise<FakeAgent> {
  const election = await electAgent({ paths, clock: systemClock });
  if (election.kind !== 'elected') throw new Error('an agent runs already');
  const byId = new Map<ClusterId, Cluster>(clusters.map((one) => [one.id, one]));
  const open = new Map<ClusterId, TunnelState>();
  /** Those with an entry, open or not. */
  const kept = new Set<ClusterId>();
  const policies: Snapshot['policies'] = [];
  const favourites = new Set<ClusterId>();
  const listeners = new Set<(change: Change) => void>();
  const calls: { name: string; input: unknown }[] = [];
  const waiting = Promise.withResolvers<void>();
  const undone = Promise.withResolvers<void>();
  let settings = defaultSettings;
  let sets = clusterSets;
  let settingsFrom: SettingsFrom = { ...defaultSettingsFrom, extraAuthorities: 'organisation' };
  let unlocks: readonly Unlock[] = [];
  let current: Cluster | undefined;
  let released: Snapshot['release'];
  let passedOver: readonly string[] = [];
  let terminal: ((input: Input<'isolate'>) => Promise<Output<'isolate'>>) | undefined;

  /** Those that were current before, the latest last. */
  const earlier: (Cluster | undefined)[] = [];
  let until: number | undefined;
  const go = (one: Cluster | undefined, minutes: number | undefined) => {
    earlier.push(current);
    current = one;
    until = minutes && Date.now() + minutes * 60_000;
  };
  const kubectl = (): Snapshot['kubectl'] => {
    if (current === undefined) return {};
    const back = earlier.at(-1)?.title;
    return {
      context: current.title,
      cluster: current.id,
      ...(isProduction(current) ? { production: true } : {}),
      ...(until === undefined ? {} : { limit: { until, ...(back === undefined ? {} : { back }) } }),
    };
  };
  const withWarnings = () => ({
    ...kubectl(),
    ...(passedOver.length === 0 ? {} : { warnings: [...passedOver] }),
  });
  const tunnel = (cluster: ClusterId, state: TunnelState) => ({
    cluster,
    state,
    port: 21_000,
    connector: 'builtin' as const,
    connections: 0,
    sent: 0,
    received: 0,
  });
  const put = (id: ClusterId, state: TunnelState) => {
    open.set(id, state);
    kept.add(id);
    tellTunnel(id);
  };
  const tellTunnel = (id: ClusterId) => {
    const state = open.get(id);
    if (state === undefined) return;
    for (const listener of listeners) listener({ kind: 'tunnel', tunnel: tunnel(id, state) });
  };
  const snapshot = (): Snapshot => ({
    agent: {
      version: '0.1.0',
      pid: process.pid,
      startedAt: Date.now() - 125_000,
      platform: 'linux',
      signIns: 'headless',
    },
    clusters: [...clusters],
    cells: [
      {
        id: 'eks/1/us-east-1',
        source: 'eks',
        account: '1',
        region: 'us-east-1',
        error: {
          code: 'aws-denied',
          message: 'Account 1 may not list clusters.',
          hint: 'Ask its owner.',
          retryable: false,
        },
      },
      {
        id: 'eks/1/me-south-1',
        source: 'eks',
        account: '1',
        region: 'me-south-1',
        error: { code: 'aws-region-disabled', message: 'Off.', retryable: false },
      },
    ],
    discovery: { status: 'idle', finishedAt: Date.now() },
    tunnels: [...open].map(([id, state]) => tunnel(id, state)),
    logins: [],
    sessions: [],
    kubectl: kubectl(),
    favourites: [...favourites],
    sets,
    kept: [...kept].filter((id) => !open.has(id)),
    policies: [...policies],
    settings,
    ...(unlocks.length === 0 ? {} : { unlocks: [...unlocks] }),
    settingsFrom,
    notices: [],
    ...(released === undefined ? {} : { release: released }),
  });

  const connectOne = (one: Cluster): ConnectResult => {
    put(one.id, { status: 'connecting', since: Date.now() });
    const error = errors[one.name];
    const at = Date.now();
    if (error !== undefined) {
      open.delete(one.id);
      kept.delete(one.id);
      const { code, message, hint, retryable } = error;
      return {
        status: 'failed',
        cluster: one.id,
        title: one.title,
        error: { code, message, hint, retryable },
        stage: code === 'kube-unready' ? 'readyz' : 'access',
        mender: code === 'kube-unready' ? 'cluster-administrator' : 'access-administrator',
        ...(one.owner === undefined ? {} : { owner: one.owner }),
        ...(one.docs === undefined ? {} : { docs: one.docs }),
      };
    }
    put(one.id, { status: 'connected', since: at, probe: { at, stages: [], totalMs: 12.4 } });
    return {
      status: 'connected',
      cluster: one.id,
      title: one.title,
      context: one.title,
      port: 21_000,
      latencyMs: 12.4,
    };
  };

  const connect = async (input: Input<'connect'>, signal: AbortSignal) => {
    const found = input.clusters.map((word) => findCluster(word, byId));
    if (found.some(({ name }) => name === 'waits')) {
      waiting.resolve();
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      undone.resolve();
      throw new AppError('cancelled', 'Connecting was cancelled; nothing was changed.');
    }
    const plan = connectPlan(
      { ...input, clusters: found },
      {
        isGuarded: true,
        current: current?.id,
        isOpen: (id) => open.has(id),
        switches: settings.kubeconfigMode === 'switch',
      },
    );
    const results = plan.clusters.map(connectOne);
    const first = plan.clusters.find(({ id }) => open.has(id));
    const before = kubectl();
    const switched = first !== undefined && first !== current && plan.mayBecomeCurrent(first);
    if (switched) go(first, input.minutes);
    // More happens after the answer, when its caller is about to end.
    for (const ms of [0, 1, 2, 4, 8]) setTimeout(() => first !== undefined && tellTunnel(first.id), ms);
    const named = (list: readonly Cluster[]) => list.map(({ id, title }) => ({ cluster: id, title }));
    return {
      results,
      kubectl: kubectl(),
      warnings: [],
      ...(switched
        ? { switched: { ...(before.context === undefined ? {} : { from: before.context }) } }
        : {}),
      ...(plan.stays.length > 0 ? { stays: named(plan.stays) } : {}),
      ...(plan.left.length > 0 ? { left: named(plan.left) } : {}),
    };
  };

  let isSilent = false;
  const handlers: Handlers = {
    snapshot: async () => snapshot(),
    discover: async () => ({
      clusters: clusters.length,
      failed: [
        ...snapshot().cells.filter(({ error }) => error?.code === 'aws-denied'),
        ...(isSilent ? [silentCell] : []),
      ],
      tookMs: 1_234,
    }),
    connect: (input, { signal }) => connect(input, signal),
    findings: async () => ({ awsProfiles: [], clusterFiles: [] }),
    retry: async () => ({ tried: [] }),
    async disconnect({ clusters: words }) {
      const ids = words === 'all' ? [...open.keys()] : words.map((word) => findCluster(word, byId).id);
      const closed = ids.flatMap((id) => (open.delete(id) ? [byId.get(id)] : []));
      if (current !== undefined && ids.includes(current.id)) current = undefined;
      return {
        closed: closed.flatMap((one) => (one === undefined ? [] : [{ cluster: one.id, title: one.title }])),
        kubectl: kubectl(),
        warnings: [],
      };
    },
    async forget({ clusters: words }) {
      const ids = words === 'all' ? [...byId.keys()] : words.map((word) => findCluster(word, byId).id);
      const forgotten = ids.flatMap((id) => (kept.delete(id) ? [byId.get(id)] : []));
      for (const id of ids) open.delete(id);
      if (current !== undefined && ids.includes(current.id)) current = undefined;
      return {
        forgotten: forgotten.flatMap((one) =>
          one === undefined ? [] : [{ cluster: one.id, title: one.title }],
        ),
        kubectl: kubectl(),
        warnings: [],
      };
    },
    'kubeconfig-file': () => Promise.reject(new Error('no local TLS proxy')),
    'kubeconfig-file-end': () => Promise.reject(new Error('no local TLS proxy')),
    async rotate({ clusters: words }) {
      const ids = words === 'all' ? [...byId.keys()] : words.map((word) => findCluster(word, byId).id);
      const ours = ids.flatMap((id) => (open.has(id) || kept.has(id) ? [byId.get(id)] : []));
      return {
        rotated: ours.flatMap((one) => (one === undefined ? [] : [{ cluster: one.id, title: one.title }])),
        warnings: [],
      };
    },
    async switch({ cluster: word, production = false, minutes }) {
      const one = word === '-' ? earlier.at(-1) : findCluster(word, byId);
      if (word !== '-' && (one === undefined || !open.has(one.id)))
        throw new AppError('not-found', `${word} is not connected.`);
      if (one !== undefined)
        checkSwitch(one, { isGuarded: true, current: current?.id, confirmed: production });
      if (word === '-') {
        earlier.pop();
        until = undefined;
        current = one;
      } else go(one, minutes);
      return { kubectl: withWarnings() };
    },
    async unlock({ cluster: word, reason, minutes = 30, production }) {
      const { id, title } = findCluster(word, byId);
      if (production !== true)
        throw new AppError('production-unconfirmed', `${title} is a production cluster.`, {
          hint: 'Run the command in a terminal, which asks you.',
        });
      const since = Date.now();
      const unlock = { cluster: id, reason, who: 'ada@acme.example', since, until: since + minutes * 60_000 };
      unlocks = [...unlocks, unlock];
      return unlock;
    },
    async lock({ clusters: words }) {
      const ids = words === 'all' ? undefined : words.map((word) => findCluster(word, byId).id);
      const ended = unlocks.filter(({ cluster }) => ids?.includes(cluster) ?? true);
      unlocks = unlocks.filter((one) => !ended.includes(one));
      return {
        locked: ended.map(({ cluster }) => ({ cluster, title: byId.get(cluster)?.title ?? cluster })),
      };
    },
    'read-only-file': notExpected,
    kubectl: async () => withWarnings(),
    contexts: async () => ({
      contexts: [
        { name: 'mine', file: '/home/me/.kube/config', status: 'other' },
        ...[...kept].map((id) => {
          const one = byId.get(id);
          const title = one?.title ?? id;
          return {
            name: title,
            file: '/home/me/.kube/config',
            status: open.has(id) ? ('connected' as const) : ('on-demand' as const),
            cluster: id,
            title,
            ...(current?.id === id ? { current: true as const } : {}),
            ...(isProduction(one ?? {}) ? { production: true as const } : {}),
          };
        }),
      ],
    }),
    isolate: (input) => terminal?.(input) ?? notExpected(),
    'mcp-open': notExpected,
    'mcp-check': notExpected,
    'mcp-end': notExpected,
    'confirmation-answer': notExpected,
    compare: async (input) => comparisonOf(input.clusters),
    'terminal-follow': notExpected,
    'terminal-end': async ({ terminals }) => ({ ended: terminals.length }),
    'terminal-open': notExpected,
    'connect-preview': notExpected,
    'kubeconfig-history': notExpected,
    'kubeconfig-diff': notExpected,
    'kubeconfig-undo': notExpected,
    'kubeconfig-repair': notExpected,
    credential: async ({ cluster: word, execInfo }) => ({
      kind: 'ExecCredential',
      apiVersion: (JSON.parse(execInfo ?? '{}') as { apiVersion?: string }).apiVersion,
      status: { token: `token-of-${findCluster(word, byId).name}` },
    }),
    'settings-get': async () => ({ ...settings, settingsFrom }),
    async 'settings-set'(patch) {
      if ('extraAuthorities' in patch)
        throw new AppError('setting-managed', 'Acme manages the setting extraAuthorities.');
      settings = settingsSchema.parse({ ...settings, ...patch });
      for (const name of Object.keys(patch)) settingsFrom = { ...settingsFrom, [name]: 'user' };
      return settings;
    },
    async 'settings-reset'({ names }) {
      for (const name of names) {
        settings = { ...settings, [name]: defaultSettings[name] };
        settingsFrom = { ...settingsFrom, [name]: 'default' };
      }
      return { ...settings, settingsFrom };
    },
    consent: notExpected,
    allow: notExpected,
    accounts: async () => ({ accounts: [...accounts] }),
    login: notExpected,
    // The session of AWS cannot be removed.
    async logout({ provider, session }) {
      if (provider === 'aws') throw new AppError('file-unreadable', 'The session of AWS cannot be removed.');
      return { removed: [`${provider} ${session}`], remaining: [] };
    },
    async favourite({ cluster: word, on }) {
      const { id } = findCluster(word, byId);
      if (on) favourites.add(id);
      else favourites.delete(id);
      return { favourites: [...favourites] };
    },
    policies: async () => ({}),
    activity: async ({ limit }) => ({ entries: activity.slice(0, limit) }),
    history: notExpected,
    'audit-metrics': async () => ({ text: '# EOF\n' }),
    metrics: async () => ({ text: '# EOF\n' }),
    async 'set-save'({ name, clusters, replaces = name }) {
      const ids = clusters.map((word) => word as ClusterId);
      sets = [...sets.filter((set) => set.name !== name && set.name !== replaces), { name, clusters: ids }];
      return { sets };
    },
    async 'set-remove'({ name }) {
      sets = sets.filter((set) => set.name !== name);
      return { sets };
    },
    'groups-collapse': async () => ({}),
    'favourites-order': async () => ({ favourites: [...favourites] }),
    'setup-preview': notExpected,
    'setup-apply': notExpected,
    'setup-remove': notExpected,
    'setup-show': notExpected,
    'setup-refresh': notExpected,
    'hand-over': async () => ({ pid: process.pid }),
    quit: async () => ({ pid: process.pid }),
  };
  const recorded = Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      (input: never, call: never) => {
        calls.push({ name, input });
        return handler(input, call);
      },
    ]),
  ) as unknown as Handlers;

  const refused: string[] = [];
  const handing = Object.fromEntries(
    Object.entries(finishCalls(recorded)).map(([name, handler]) => [
      name,
      (input: never, call: never) =>
        (handler as (input: never, call: never) => Promise<unknown>)(input, call).catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'agent-handing-over') refused.push(name);
          throw error;
        }),
    ]),
  ) as unknown as Handlers;

  const feed = {
    snapshot,
    subscribe(listener: (change: Change) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    look: () => () => {},
  };
  election.serve(
    connectionServer({
      secret: election.secret,
      version: '0.1.0',
      served: { handlers: handing, feed },
    }),
  );
  const deny = (name: string, message: string) =>
    policies.push({
      verdict: 'denied',
      hostname: `${name}.example.net`,
      at: Date.now(),
      reason: 'policy',
      message,
      failing: [],
    });
  const release: FakeAgent['release'] = (next) => {
    released = next;
  };
  return {
    calls,
    refused,
    deny,
    passOver(warnings) {
      passedOver = warnings;
    },
    silence() {
      isSilent = true;
    },
    isolateWith(handler) {
      terminal = (input) => handler(findCluster(input.clusters[0] ?? '', byId), input);
    },
    release,
    waiting: waiting.promise,
    undone: undone.promise,
    close: () => election.resign(),
  };
}
