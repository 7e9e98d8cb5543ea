import { EventEmitter } from 'node:events';
import type { ClusterId } from '../model/cluster.ts';
import { command } from '../model/command.ts';
import { type Access, type Answer, createAccess } from './access/access.ts';
import { createPolicies, type Policies } from './access/policies.ts';
import { readServiceToken } from './access/service-tokens.ts';
import type { Parts } from './agent.ts';
import { type ApiProxies, createApiProxies } from './api-proxy/api-proxies.ts';
import {
  createProductionLocks,
  type LockEvent,
  type ProductionLocks,
  readOnlyProduction,
} from './api-proxy/production-locks.ts';
import { type Audit, createAudit } from './audit/audit.ts';
import type { Base } from './boot.ts';
import { hostnamesOf } from './catalog/hostnames.ts';
import { createAllLogins } from './logins/all-logins.ts';
import type { Logins } from './logins/logins.ts';
import { createTab, type Tab } from './logins/tab.ts';
import { followMemory } from './memory.ts';
import { type Counters, createCounters } from './metrics/counters.ts';
import { titleOf } from './operations/clusters.ts';
import { connectorRules } from './organisation/connector-rules.ts';
import type { Provider } from './providers/provider.ts';
import type { Notices } from './state/notices.ts';
import type { State } from './state/state.ts';
import type { ClientFailure } from './tunnels/client-failures.ts';
import { createPeers } from './tunnels/peers/peers.ts';
import { createPorts, type Ports } from './tunnels/ports.ts';
import { createRefusals, type ReportedRefusal } from './tunnels/refusals.ts';
import type { Tunnel } from './tunnels/tunnel.ts';
import { createTunnels, type Tunnels } from './tunnels/tunnels.ts';
import { createUnproven } from './tunnels/unproven.ts';
import { viewOf } from './views.ts';

/** What reaches clusters: sessions, policies and tunnels. */
export interface Reach {
  readonly access: Access;
  readonly policies: Policies;
  readonly logins: Logins;
  /** The browser tab that logins which follow one another share. */
  readonly tab: Pick<Tab, 'end'>;
  /** Creates the logins to these providers and to Cloudflare Access. Call `end` when they are not needed any more. */
  loginsFor(providers: readonly Provider[]): { readonly logins: Logins; end(): void };
  readonly ports: Ports;
  readonly tunnels: Tunnels;
  readonly apiProxies: ApiProxies;
  readonly audit: Audit;
  readonly counters: Counters;
  readonly locks: ProductionLocks;
  /** Events for the parts that are created later. */
  readonly events: EventEmitter<{
    /** The pending logins have changed. */
    logins: [];
    /** An organisation ended the user's session of this team before it expired. */
    sessionEnded: [team: string];
    refused: [ReportedRefusal];
    clientFailed: [ClientFailure];
    /** A production cluster was locked or unlocked. */
    lock: [LockEvent];
    /** A tunnel is being closed. */
    closing: [ClusterId, { readonly listening: boolean }];
  }>;
  /** Ends the secrets of clusters that the sessions of these organisations open. */
  endSecrets(teams: readonly string[]): void;
  /** Reports a tunnel again: what is shown of it has changed. */
  refresh(id: ClusterId): void;
  close(): Promise<void>;
}

/** Creates the parts; connects to nothing. Rejects if its files cannot be read. */
export async function createReach(options: {
  readonly base: Base;
  readonly parts: Parts;
  readonly state: State;
  readonly notices: Notices;
  /** Called when a client connects to a port whose tunnel is closed. */
  readonly onDemand: Parameters<typeof createTunnels>[0]['onDemand'];
}): Promise<Reach> {
  const { base, parts, state, notices, onDemand } = options;
  const { network, organisation, organisationFiles, settings, catalog, providers } = base;
  const { env, paths, clock, logger } = parts;
  const tab = createTab(parts);
  const events: Reach['events'] = new EventEmitter();
  const answers = new EventEmitter<{ answer: [Answer] }>();
  const team = () => organisation.current()?.access?.team;

  const access = createAccess({
    network,
    clock,
    logger,
    folder: paths.cloudflared,
    openUrl: tab.openUrl,
    team,
    serviceToken: (hostname) =>
      readServiceToken(hostname, organisation.current()?.access?.serviceTokens, organisationFiles),
    onLogins: () => events.emit('logins'),
    onHeld: (message) => notices.addOnce('warning', message),
    onAnswer: (answer) => answers.emit('answer', answer),
    onSessionEnded(ended) {
      notices.add(
        'warning',
        `${ended} has ended your session before it expired. Sign in again: ${command`k8s-tunnels login access ${ended}`}`,
      );
      events.emit('sessionEnded', ended);
    },
  });
  const counters = createCounters();
  const policies = await createPolicies({
    ...{ folder: paths.state, clock, logger, access },
    favourites: () => hostnamesOf(catalog, state.get().favourites),
    onChange: (change) => state.report({ kind: 'policies', ...change }),
  });
  answers.on('answer', (answer) => void policies.hear(answer));
  state.watch('favourites', () => policies.want());

  const peers = await createPeers({ env, logger });
  // If the check is off, use new passwords: a program that listened on a port while no agent ran may know the old ones.
  const ports = await createPorts({ folder: paths.state, logger, renew: !peers.isChecked });
  const report = (tunnel: Tunnel) => {
    const { accessRequest } = organisation.current()?.links ?? {};
    const view = viewOf(tunnel, apiProxies.traffic(tunnel.id), accessRequest, state.get().entryProblems);
    state.report({ kind: 'tunnel', tunnel: view });
  };
  const locks = createProductionLocks({
    ...{ clock, logger, settings: settings.get, cluster: catalog.get },
    onChange: (unlocks) => state.set({ unlocks: unlocks.length === 0 ? null : [...unlocks] }),
    onEvent: (event) => events.emit('lock', event),
  });
  const refusals = createRefusals({
    logger,
    onRefused: counters.refusals.add,
    onFirst: (refusal) => events.emit('refused', refusal),
  });
  const unproven = createUnproven();
  const tunnels = createTunnels({
    ...{ clock, logger, network, access, ports, peers },
    cloudflared: { env, home: paths.home, resources: parts.resources, state: paths.state, logger },
    rules: () => connectorRules(organisation.current()),
    team,
    credential: (cluster) => base.credentials.get(cluster),
    notice: notices.add,
    onChange: report,
    onDemand,
    onDialed: counters.dials.add,
    onClosing: (id, how) => events.emit('closing', id, how),
    refusals,
    unproven,
    closedBy: (id) => (locks.applies(id) ? readOnlyProduction({ title: titleOf(catalog, id) }) : undefined),
    onClientFailed: (failure) => events.emit('clientFailed', failure),
  });
  const audit = createAudit({
    ...{ folder: paths.state, clock, logger, network, settings: settings.get },
    titleOf: (id) => titleOf(catalog, id),
    notice: notices.addOnce,
  });
  const apiProxies: ApiProxies = await createApiProxies({
    ...{ folder: paths.state, clock, logger, catalog },
    credentials: base.credentials,
    ports,
    peers,
    unproven,
    audit,
    locks,
    tunnel: tunnels.tunnel,
    onRefused: refusals.count,
    notice: notices.add,
  });
  events.on('closing', (id, how) => {
    locks.lock((one) => one === id, 'disconnect');
    void apiProxies.cut(id, how);
  });
  /** Ends the secrets of clusters that a session of these applications opens. */
  const endSecretsOf = (isTheirs: (hostname: string) => boolean) =>
    void apiProxies.end((id) => hostnamesOf(catalog, [id]).some(isTheirs));
  const endSecrets = (teams: readonly string[]) =>
    endSecretsOf((hostname) => teams.includes(access.teamOf(hostname) ?? ''));
  const memory = followMemory({
    clock,
    state,
    isInUse: () => tunnels.list().some((tunnel) => tunnel.state().status !== 'idle'),
    collect: parts.collectGarbage ?? (() => {}),
  });
  const tunnelsWhere = (isTheirs: (hostname: string) => boolean) =>
    tunnels.list().filter(({ id }) => hostnamesOf(catalog, [id]).some(isTheirs));
  events.on('sessionEnded', (ended) => {
    // Wake the organisation's other tunnels, so that they find out now and not at their next probe.
    for (const tunnel of tunnelsWhere((hostname) => access.teamOf(hostname) === ended)) tunnel.wake();
    endSecrets([ended]);
  });

  const allLogins = createAllLogins({
    ...{ access, catalog, policies, providers, organisation, env, clock, logger, tab },
    folder: paths.cloudflared,
    team,
    tunnelsWhere,
    endSecretsOf,
    onChange: () => events.emit('logins'),
  });
  events.on('logins', () => state.set({ logins: [...allLogins.waiting()] }));

  return {
    access,
    policies,
    logins: allLogins.logins,
    tab,
    loginsFor: allLogins.loginsFor,
    ports,
    tunnels,
    apiProxies,
    audit,
    counters,
    locks,
    events,
    endSecrets,
    refresh: (id) =>
      tunnels
        .list()
        .filter((one) => one.id === id)
        .forEach(report),
    async close() {
      locks.close();
      memory.close();
      access.close();
      allLogins.close();
      tab.end();
      await apiProxies.close();
      await tunnels.closeAll();
      await audit.close();
      await peers.close();
      await policies.close();
    },
  };
}
