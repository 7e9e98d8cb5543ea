import { checkSwitch, connectPlan } from '../../main/agent/connections/production-guard.ts';
import type { OpenChannel } from '../../main/api/channel.ts';
import type { Handlers } from '../../main/api/dispatch.ts';
import { serveMessages } from '../../main/api/serve-messages.ts';
import { applyChange, snapshotOf, stateOf } from '../../main/model/agent-state.ts';
import type { Change, Snapshot, TunnelView } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { defaultSettings, settingsSchema } from '../../main/model/settings.ts';
import { aTunnel, connected } from './shown.ts';

/**
 * An agent without any network: it shows what the test says, by the real messages, and does what it is asked to that,
 * by the agent's own rule for production. Connecting switches no context. A test puts other answers in `handlers`.
 */
export interface ScriptedAgent {
  readonly openChannel: OpenChannel;
  readonly handlers: { -readonly [N in keyof Handlers]: Handlers[N] };
  snapshot(): Snapshot;
  /** For the pages that open from then on. */
  show(snapshot: Snapshot): void;
  tell(...changes: readonly Change[]): void;
  /** Ends every conversation; nobody answers any more. */
  stop(): void;
  start(): void;
  /** From then on it answers that it cannot start. */
  failWith(error: AppError): void;
}

export function createScriptedAgent(initial: Snapshot): ScriptedAgent {
  let snapshot = initial;
  let state: 'running' | 'stopped' | AppError = 'running';
  const listeners = new Set<(change: Change) => void>();
  const conversations = new Set<() => void>();

  const tell = (...changes: readonly Change[]) => {
    for (const change of changes) {
      snapshot = snapshotOf(applyChange(stateOf(snapshot), change));
      for (const listener of listeners) listener(change);
    }
  };
  const clusterOf = (word: string) => {
    const cluster = snapshot.clusters.find(({ id, title }) => id === word || title === word);
    if (cluster === undefined) throw new AppError('not-found', `There is no cluster ${word}.`);
    return cluster;
  };
  const isGuarded = () => snapshot.organisation?.production.guard !== false;
  const tunnel = (cluster: ClusterId, now: TunnelView['state']) =>
    tell({ kind: 'tunnel', tunnel: aTunnel(cluster, now) });
  const unexpected = () => Promise.reject(new Error('A page does not ask this.'));

  const handlers: ScriptedAgent['handlers'] = {
    snapshot: async () => snapshot,
    discover: async () => ({ clusters: snapshot.clusters.length, failed: [], tookMs: 1 }),
    async connect(input) {
      const plan = connectPlan(
        { ...input, clusters: input.clusters.map(clusterOf) },
        {
          isGuarded: isGuarded(),
          current: snapshot.kubectl.cluster,
          isOpen: (id) => snapshot.tunnels.some(({ cluster }) => cluster === id),
          switches: snapshot.settings.kubeconfigMode === 'switch',
        },
      );
      const found = plan.clusters;
      const named = (list: readonly Cluster[]) => list.map(({ id, title }) => ({ cluster: id, title }));
      for (const { id } of found) tunnel(id, { status: 'connecting', since: Date.now() });
      for (const { id } of found) tunnel(id, connected(Date.now()));
      const results = found.map(({ id, title }) => ({
        status: 'connected' as const,
        cluster: id,
        title,
        context: title,
        port: 41_001,
        latencyMs: 42,
      }));
      return {
        results,
        kubectl: snapshot.kubectl,
        warnings: [],
        ...(plan.stays.length > 0 ? { stays: named(plan.stays) } : {}),
        ...(plan.left.length > 0 ? { left: named(plan.left) } : {}),
      };
    },
    async retry({ clusters }) {
      const found = clusters === 'all' ? snapshot.clusters : clusters.map(clusterOf);
      for (const { id } of found) tunnel(id, connected(Date.now()));
      return { tried: found.map(({ id, title }) => ({ cluster: id, title })) };
    },
    async disconnect({ clusters }) {
      const closed =
        clusters === 'all'
          ? snapshot.tunnels.map(({ cluster }) => clusterOf(cluster))
          : clusters.map(clusterOf);
      for (const { id } of closed) tunnel(id, { status: 'idle' });
      return {
        closed: closed.map(({ id, title }) => ({ cluster: id, title })),
        kubectl: snapshot.kubectl,
        warnings: [],
      };
    },
    forget: unexpected,
    rotate: unexpected,
    'kubeconfig-file': unexpected,
    'kubeconfig-file-end': unexpected,
    compare: unexpected,
    async switch({ cluster, production = false, minutes }) {
      const one = clusterOf(cluster);
      const { id, title } = one;
      const { context: back, cluster: current } = snapshot.kubectl;
      checkSwitch(one, { isGuarded: isGuarded(), current, confirmed: production });
      const kubectl = {
        context: title,
        cluster: id,
        ...(isProduction(one) ? { production: true as const } : {}),
        ...(minutes === undefined ? {} : { limit: { until: Date.now() + minutes * 60_000, back } }),
      };
      tell({ kind: 'set', values: { kubectl } });
      return { kubectl };
    },
    async unlock({ cluster, reason, minutes = 30, production }) {
      const { id, title } = clusterOf(cluster);
      if (production !== true) throw new AppError('production-unconfirmed', `${title} asks first.`);
      const since = Date.now();
      const unlock = { cluster: id, reason, who: 'ada@example.com', since, until: since + minutes * 60_000 };
      tell({ kind: 'set', values: { unlocks: [...(snapshot.unlocks ?? []), unlock] } });
      return unlock;
    },
    async lock({ clusters }) {
      const ids = clusters === 'all' ? undefined : clusters.map((word) => clusterOf(word).id);
      const isTheirs = ({ cluster }: { readonly cluster: ClusterId }) => ids?.includes(cluster) ?? true;
      const unlocks = snapshot.unlocks ?? [];
      tell({ kind: 'set', values: { unlocks: unlocks.filter((one) => !isTheirs(one)) } });
      const locked = unlocks.filter(isTheirs).map(({ cluster }) => clusterOf(cluster));
      return { locked: locked.map(({ id, title }) => ({ cluster: id, title })) };
    },
    'read-only-file': unexpected,
    kubectl: async () => snapshot.kubectl,
    credential: unexpected,
    contexts: unexpected,
    'connect-preview': unexpected,
    'kubeconfig-history': unexpected,
    'kubeconfig-diff': unexpected,
    'kubeconfig-undo': unexpected,
    'kubeconfig-repair': unexpected,
    isolate: unexpected,
    'mcp-open': unexpected,
    'mcp-check': unexpected,
    'mcp-end': unexpected,
    'confirmation-answer': unexpected,
    'terminal-follow': unexpected,
    'terminal-end': unexpected,
    'terminal-open': async () => ({ program: '/usr/bin/xterm' }),
    consent: unexpected,
    allow: unexpected,
    accounts: unexpected,
    findings: async () => ({ awsProfiles: [], clusterFiles: [] }),
    login: unexpected,
    logout: unexpected,
    async favourite({ cluster, on }) {
      const { id } = clusterOf(cluster);
      const others = snapshot.favourites.filter((one) => one !== id);
      tell({ kind: 'set', values: { favourites: on ? [...others, id] : others } });
      return { favourites: snapshot.favourites };
    },
    async 'favourites-order'({ favourites }) {
      tell({ kind: 'set', values: { favourites } });
      return { favourites };
    },
    async 'set-save'({ name, clusters, replaces = name }) {
      const others = snapshot.sets.filter((set) => set.name !== name && set.name !== replaces);
      tell({
        kind: 'set',
        values: { sets: [...others, { name, clusters: clusters.map((word) => clusterOf(word).id) }] },
      });
      return { sets: snapshot.sets };
    },
    async 'groups-collapse'({ groups }) {
      tell({ kind: 'set', values: { collapsedGroups: groups } });
      return {};
    },
    async 'set-remove'({ name }) {
      tell({ kind: 'set', values: { sets: snapshot.sets.filter((set) => set.name !== name) } });
      return { sets: snapshot.sets };
    },
    policies: async () => ({}),
    activity: async () => ({ entries: [] }),
    history: async () => ({ samples: [], failures: [] }),
    'audit-metrics': unexpected,
    metrics: unexpected,
    'settings-get': async () => ({ ...snapshot.settings, settingsFrom: snapshot.settingsFrom }),
    async 'settings-set'(patch) {
      const parsed = settingsSchema.safeParse({ ...snapshot.settings, ...patch });
      if (!parsed.success) throw new AppError('bad-input', parsed.error.issues[0]?.message ?? '');
      tell({ kind: 'set', values: { settings: parsed.data, settingsFrom: snapshot.settingsFrom } });
      return parsed.data;
    },
    async 'settings-reset'({ names }) {
      let { settings, settingsFrom } = snapshot;
      for (const name of names) {
        settings = { ...settings, [name]: defaultSettings[name] };
        settingsFrom = { ...settingsFrom, [name]: 'default' };
      }
      tell({ kind: 'set', values: { settings, settingsFrom } });
      return { ...settings, settingsFrom };
    },
    'setup-preview': unexpected,
    'setup-apply': unexpected,
    'setup-remove': unexpected,
    'setup-show': unexpected,
    'setup-refresh': unexpected,
    'hand-over': unexpected,
    quit: unexpected,
  };

  const endAll = () => {
    for (const end of [...conversations]) end();
  };
  return {
    handlers,
    snapshot: () => snapshot,
    show(next) {
      snapshot = next;
    },
    tell,
    async openChannel({ onMessage, onEnd }) {
      if (state === 'stopped') throw new AppError('agent-unreachable', 'No agent runs.');
      const feed = {
        snapshot: () => snapshot,
        subscribe(listener: (change: Change) => void) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        look: () => () => {},
      };
      const served = state === 'running' ? Promise.resolve({ handlers, feed }) : Promise.reject(state);
      served.catch(() => {});
      const { receive, end } = serveMessages({ served, send: onMessage });
      const goAway = () => {
        conversations.delete(goAway);
        end();
        onEnd();
      };
      conversations.add(goAway);
      return {
        send: receive,
        close() {
          conversations.delete(goAway);
          end();
        },
      };
    },
    stop() {
      state = 'stopped';
      endAll();
    },
    start() {
      state = 'running';
    },
    failWith(error) {
      state = error;
      endAll();
    },
  };
}
