import type { Activity } from '../activity/activity.ts';
import type { Agent, Parts } from '../agent.ts';
import type { Base } from '../boot.ts';
import type { Caller } from '../callers/caller.ts';
import type { Callers } from '../callers/callers.ts';
import { hostnamesOf } from '../catalog/hostnames.ts';
import { createConfirmations } from '../confirmations/confirmations.ts';
import type { Connections } from '../connections/connections.ts';
import { readFindings } from '../discovery/findings.ts';
import type { Schedule } from '../discovery/schedule.ts';
import type { Lists } from '../favourites/lists.ts';
import type { CurrentContexts } from '../kubeconfig/follow-current.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import { measureProcess, metricsText } from '../metrics/agent-metrics.ts';
import { openMetrics } from '../metrics/open-metrics.ts';
import type { Reach } from '../reach.ts';
import { withoutJitter } from '../state/jitter.ts';
import type { Notices } from '../state/notices.ts';
import type { State } from '../state/state.ts';
import { trafficOf } from '../views.ts';
import { createClusters } from './clusters.ts';
import { compareOperation } from './compare.ts';
import { connectOperation } from './connect.ts';
import { connectedOperations } from './connected.ts';
import { credentialOperation } from './credential.ts';
import { discoverOperation } from './discover.ts';
import { favouriteOperations } from './favourites.ts';
import { kubeconfigOperations } from './kubeconfig.ts';
import { kubeconfigFileOperations } from './kubeconfig-file.ts';
import { mcpOperations } from './mcp.ts';
import { productionOperations } from './production.ts';
import { readOnlyFileOperation } from './read-only-file.ts';
import { snapshotOperation } from './snapshot.ts';
import { switchOperation } from './switch-context.ts';
import { terminalOperations } from './terminals.ts';
import { watchUnusedCredentials } from './unused-credentials.ts';

/** Creates the operations that shells can call, each over the parts that it needs. */
export function createOperations(agent: {
  readonly base: Base;
  readonly parts: Parts;
  readonly state: State;
  readonly notices: Notices;
  readonly reach: Reach;
  readonly schedule: Schedule;
  readonly callers: Pick<Callers<Caller>, 'of'>;
  readonly connections: Connections;
  /** Resolves when everything that was open before the start is open again or has failed. */
  readonly restored: Promise<void>;
  readonly current: CurrentContexts;
  readonly kubeconfig: Kubeconfig;
  readonly activity: Activity;
  readonly lists: Lists;
  /** The start of the agent, ms since the epoch. */
  readonly startedAt: number;
}): Omit<Agent, 'close'> {
  const { base, parts, state, schedule, callers, connections, current, activity } = agent;
  const { organisation, settings, catalog, providers, consents, credentials } = base;
  const { policies, tunnels, apiProxies } = agent.reach;
  const { clock, logger } = parts;
  const clusters = createClusters({ catalog, schedule, connections });
  const accessRequest = () => organisation.current()?.links?.accessRequest;
  const shared = { ...agent, ...agent.reach, clusters, catalog, consents, credentials, accessRequest };
  const onAnswered = watchUnusedCredentials({
    tunnels,
    clock,
    onUnused: (refusal) => void agent.reach.events.emit('refused', refusal),
  });
  const kubeconfigFiles = kubeconfigFileOperations(shared);
  const lookers = new Set<object>();
  const confirmations = createConfirmations({
    clock,
    onChange: (waiting) => state.set({ confirmations: waiting.length === 0 ? null : [...waiting] }),
  });

  const snapshot = snapshotOperation({
    ...shared,
    signIns: parts.sealer.kind,
    env: parts.env,
    clockSkew: base.network.clockSkew,
  });
  state.subscribe(agent.reach.counters.hear);

  return {
    snapshot,
    isNeeded: apiProxies.isNeeded,
    subscribe: withoutJitter(state.subscribe),
    look() {
      const looker = {};
      lookers.add(looker);
      if (lookers.size === 1) tunnels.watch(true);
      return () => {
        if (lookers.delete(looker) && lookers.size === 0) tunnels.watch(false);
      };
    },
    discover: discoverOperation({ ...shared, clock, logger }),
    connect: connectOperation({ ...shared, clock, logger }),
    ...connectedOperations({ ...shared, clock, logger }),
    ...kubeconfigFiles,
    readOnlyFile: readOnlyFileOperation({ ...kubeconfigFiles, ...clusters, folder: parts.paths.state }),
    ...productionOperations({ ...shared, organisation }),
    switchTo: switchOperation(shared),
    ...terminalOperations({ ...shared, parts }),
    compare: compareOperation({ ...shared, clock }),
    ...mcpOperations({ ...shared, confirmations }),
    ...kubeconfigOperations({ ...shared, state }),
    kubectl: current.kubectl,
    credential: credentialOperation({ ...shared, env: parts.env, onAnswered }),
    async consent(word) {
      const [found] = await clusters.find([word]);
      return found && consents.view(found);
    },
    async allow({ cluster, digest }) {
      const allowed = await consents.allow(catalog.find(cluster), digest);
      const { title, server } = allowed;
      logger.info('An API server may receive id tokens', { cluster: title, server });
      return allowed;
    },
    accounts: ({ environment } = {}) => callers.of(environment).logins.accounts(),
    findings: () => readFindings(providers),
    login: ({ environment, ...asked }) => callers.of(environment).logins.login(asked),
    logout: ({ environment, ...asked }) => callers.of(environment).logins.logout(asked),
    ...favouriteOperations(shared),
    lookAt: (ids) => policies.want(hostnamesOf(catalog, ids)),
    activity: activity.list,
    async history(cluster) {
      const ports = [tunnels.find(cluster)?.traffic(), apiProxies.traffic(cluster)];
      const identity = credentials.identityOf(cluster);
      const entry = await connections.entry(cluster).catch(() => undefined);
      return {
        ...activity.past(cluster),
        ...(ports.every((port) => port === undefined) ? {} : { traffic: trafficOf(ports) }),
        ...(entry === undefined ? {} : { entry }),
        ...(identity === undefined ? {} : { identity }),
      };
    },
    auditMetrics: () => openMetrics(agent.reach.audit.metrics()),
    metrics: async () =>
      metricsText({
        snapshot: snapshot(),
        counters: agent.reach.counters,
        use: await measureProcess(),
        now: clock.now(),
        requests: agent.reach.audit.metrics(),
      }),
    settings: settings.get,
    settingsFrom: settings.from,
    resetSettings: settings.reset,
    setup: organisation,
    changeSettings: (patch) =>
      settings.change(Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))),
  };
}
