import { EventEmitter } from 'node:events';
import path from 'node:path';
import { toPlainError } from '../model/app-error.ts';
import type { Access } from './access/access.ts';
import { createSessions } from './access/sessions.ts';
import { createActivity } from './activity/activity.ts';
import type { Agent, Parts } from './agent.ts';
import { type Base, boot, withSupportOf } from './boot.ts';
import { createAgentCallers } from './callers/caller.ts';
import { keepCompletionNames } from './catalog/completion-names.ts';
import { hostnamesOf } from './catalog/hostnames.ts';
import { reportClients } from './client-reports.ts';
import { type Connections, createConnections } from './connections/connections.ts';
import { createRecent } from './connections/recent.ts';
import { createAgentSchedule } from './discovery/agent-schedule.ts';
import { createLists } from './favourites/lists.ts';
import { followCurrent } from './kubeconfig/follow-current.ts';
import { createKubeconfig } from './kubeconfig/kubeconfig.ts';
import { kubectlHome } from './kubeconfig/kubectl-home.ts';
import { createOperations } from './operations/operations.ts';
import { managedSettings } from './organisation/managed-settings.ts';
import { applyToCatalog } from './organisation/source-under.ts';
import { ownParts } from './own-parts.ts';
import { pinnedEnvironment } from './paths.ts';
import { createReach } from './reach.ts';
import { feedOf } from './releases/feed.ts';
import { createReleases } from './releases/releases.ts';
import { followSettings } from './settings/follow-settings.ts';
import { keepGoodSettings } from './settings/settings-file.ts';
import { createNotices, type Notices } from './state/notices.ts';
import { createState, type State } from './state/state.ts';
import { otherVersionsIn, otherVersionsText } from './storage/other-versions.ts';
import { version } from './version.ts';
import { catalogChange } from './views.ts';

/**
 * Wires the agent and starts it: opens again what was open, and refreshes a catalog that is not fresh. Rejects if
 * settings, CA certificates that the environment names, or its own files cannot be read.
 */
export async function createAgent(given: Parts): Promise<Agent> {
  const parts = ownParts(given);
  const state = createState(parts.logger);
  const notices = createNotices({ ...parts, state });
  for (const warning of parts.warnings ?? []) notices.add('warning', warning);
  const asides = otherVersionsIn(parts.paths.state);
  const organisationEvents = new EventEmitter<{ change: []; entries: [] }>();
  const base = await boot({
    parts,
    notice: notices.add,
    onOrganisation: () => organisationEvents.emit('change'),
    onOrganisationView: (view) => state.set({ organisation: view ?? null }),
    onSettings(settings, settingsFrom) {
      keepGoodSettings(parts.paths.config);
      state.set({ settings, settingsFrom });
    },
  });
  const agent = await withSupportOf(base.organisation, () =>
    wireAgent({ base, parts, state, notices, organisationEvents }),
  );
  const others = otherVersionsText(asides, parts.paths.state);
  if (others !== undefined) notices.add('warning', others);
  return agent;
}

async function wireAgent(wired: {
  readonly base: Base;
  readonly parts: Parts;
  readonly state: State;
  readonly notices: Notices;
  /** `entries`: another configuration changes what kubeconfig entries say. */
  readonly organisationEvents: EventEmitter<{ change: []; entries: [] }>;
}): Promise<Agent> {
  const { base, parts, state, notices, organisationEvents } = wired;
  const { network, organisation, settings, catalog, providers } = base;
  const { env, paths, clock, logger } = parts;
  const startedAt = clock.now();
  const stored = { folder: paths.state, clock, logger };
  keepGoodSettings(paths.config);
  state.set({
    settings: settings.get(),
    settingsFrom: settings.from(),
    organisation: organisation.view() ?? null,
  });
  catalog.onChange((change) => state.report(catalogChange(change)));
  const releases = await createReleases({
    ...stored,
    env,
    network,
    version,
    feed: () => feedOf(organisation.current()),
    onChange: (release) => state.set({ release: release ?? null }),
  });
  const reached = Promise.withResolvers<Access>();
  const { schedule, organisationCatalog } = createAgentSchedule({
    ...{ base, parts, state, notices },
    access: reached.promise,
  });
  const changesEntries = applyToCatalog(catalog, organisation.current());
  const lists = await createLists({ ...stored, state, notices, catalog, organisation });
  const later = Promise.withResolvers<Connections>();
  const reach = await createReach({
    base,
    parts,
    state,
    notices,
    onDemand: async (id) => (await later.promise).demand(id, { interactive: true }),
  });
  const { access, policies, ports, tunnels } = reach;
  reached.resolve(access);
  const kubeconfig = createKubeconfig({
    ...stored,
    onExposed: (warning) => notices.addOnce('warning', warning),
    worker: parts.planWorker,
  });
  const recent = await createRecent({ ...stored, onChange: (list) => state.set({ recent: [...list] }) });
  const connections = await createConnections({
    ...stored,
    onConnection: recent.hear,
    catalog,
    tunnels,
    ports,
    apiProxies: reach.apiProxies,
    kubeconfig,
    plugin: { ...parts.plugin, env: pinnedEnvironment(env) },
    entrySettings: settings.get,
    contextTemplate: () => settings.get().contextName,
    isGuarded: () => organisation.current()?.production.guard !== false,
    asksInTerminals: () => organisation.current()?.production.terminals === 'ask',
    keepsEntries: () => settings.get().keepEntries,
    complete: schedule.complete,
    notice: notices.add,
    noticeOnce: notices.addOnce,
    onKept: (kept) => state.set({ kept: [...kept] }),
    onGiven: (givenNames) => state.set({ givenNames }),
    onTerminals: (terminals) => state.set({ terminals: [...terminals] }),
    onProblems({ entries, files }) {
      const before = state.get().entryProblems ?? [];
      state.set({ entryProblems: [...entries], kubeconfigProblems: [...files] });
      for (const { cluster } of [...before, ...entries]) reach.refresh(cluster);
    },
  });
  later.resolve(connections);
  state.set({
    kept: [...connections.kept()],
    terminals: [...connections.terminals()],
    release: releases.view() ?? null,
  });
  const sessions = createSessions({
    access,
    policies,
    state,
    logger,
    onBegun(teams) {
      connections.resume((id) =>
        hostnamesOf(catalog, [id]).some((hostname) => teams.includes(access.teamOf(hostname) ?? '')),
      );
      reach.apiProxies.renew();
      if (organisationCatalog.needsSession()) schedule.startAfterSignIn();
    },
    onOver: reach.endSecrets,
  });
  await sessions.look();
  const current = followCurrent({
    own: { kubeconfig: env.KUBECONFIG, cwd: paths.home, home: kubectlHome(env, paths.home) },
    kubeconfig,
    connections,
    catalog,
    sessions,
    terminalsFolder: path.join(paths.state, 'terminals', path.sep),
    sessionsFolder: paths.cloudflared,
    state,
    clock,
    logger,
    onLook: schedule.startIfOld,
  });
  await current.look();
  const activity = await createActivity({
    ...stored,
    from: { ...state.get(), clusters: [...catalog.clusters()], cells: [...catalog.cells()] },
    onEntry: (entry) => state.report({ kind: 'activity', entry }),
  });
  state.subscribe(activity.hear);
  reach.events.on('logins', sessions.lookSoon);
  reach.events.on('sessionEnded', sessions.lookSoon);
  reportClients({ events: reach.events, catalog, notices, activity });
  current.follow();

  const restored = connections.restore().catch((error: unknown) => {
    const { message, hint = '' } = toPlainError(error);
    notices.add('warning', `Previous connections could not be restored. ${message} ${hint}`.trim());
  });
  void restored.finally(recent.settle);
  const followed = { state, notices, schedule, connections, current, catalog, reach, restored };
  const listening = followSettings({ ...followed, clock, organisationEvents, changesEntries });
  organisationEvents.on('change', () => {
    settings.manage(managedSettings(organisation.current()));
    schedule.renew();
    if (applyToCatalog(catalog, organisation.current())) organisationEvents.emit('entries');
    lists.follow();
    schedule.start();
    releases.follow();
  });
  const identify = () => organisation.identify(state.get().sessions);
  state.watch('sessions', () => void identify());
  await identify();
  const stopNames = keepCompletionNames({ ...stored, catalog, state });
  schedule.startUnlessFresh();
  organisation.follow();
  releases.follow();
  const background = providers.flatMap(({ background }) => background?.() ?? []);

  const callers = createAgentCallers({
    ...{ base, parts, reach, schedule, organisationCatalog, state, sessions, activity },
  });
  await listening;

  return {
    ...createOperations({
      base,
      parts,
      state,
      notices,
      reach,
      schedule,
      callers,
      connections,
      restored,
      current,
      kubeconfig,
      activity,
      lists,
      startedAt,
    }),
    async close() {
      for (const end of background) end();
      callers.close();
      stopNames();
      current.close();
      connections.close();
      await recent.flush();
      organisation.close();
      schedule.close();
      await reach.close();
      await releases.close();
      await catalog.close();
      await activity.close();
      network.reset();
    },
  };
}
