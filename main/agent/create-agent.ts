import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { LoginView } from '../model/account.ts';
import type { Change, EndedSessionView, Kubectl, Notice, SessionView } from '../model/agent-view.ts';
import { AppError, toPlainError } from '../model/app-error.ts';
import type { Cluster, ClusterId } from '../model/cluster.ts';
import { command } from '../model/command.ts';
import { isFailed } from '../model/is-failed.ts';
import { isProduction } from '../model/is-production.ts';
import type { Organisation } from '../model/organisation.ts';
import { plainText } from '../model/plain-text.ts';
import type { Settings } from '../model/settings.ts';
import { shownText } from '../redaction/shown-text.ts';
import { type Access, createAccess } from './access/access.ts';
import { createPolicies } from './access/policies.ts';
import { readServiceToken } from './access/service-tokens.ts';
import { createActivity } from './activity/activity.ts';
import type { Agent, Parts, Place } from './agent.ts';
import { withSafeTimers } from './async/safe-timers.ts';
import { createCatalog } from './catalog/catalog.ts';
import { createConnections, type Outcome } from './connections/connections.ts';
import { createCredentials } from './credentials/credentials.ts';
import { apiServer, execCredential, isInteractive } from './credentials/exec-credential.ts';
import { createSignIns } from './credentials/sign-ins.ts';
import { createDiscovery, type Discovery } from './discovery/discovery.ts';
import { readFindings } from './discovery/findings.ts';
import { createFavourites } from './favourites/favourites.ts';
import { createSets } from './favourites/sets.ts';
import { createKubeconfig, type KubeconfigPlace } from './kubeconfig/kubeconfig.ts';
import { createAccessLogin } from './logins/access-login.ts';
import { createLogins, type Logins } from './logins/logins.ts';
import { createMemory } from './memory.ts';
import { createNetwork } from './network/network.ts';
import { trustUsableAuthorities } from './network/trust.ts';
import { withSupport } from './organisation/access-request.ts';
import { connectorRules } from './organisation/connector-rules.ts';
import { managedSettings } from './organisation/managed-settings.ts';
import { additionalAuthorities } from './organisation/named-settings.ts';
import { createOrganisation } from './organisation/organisation.ts';
import { createOrganisationFiles, fileFolders } from './organisation/organisation-files.ts';
import { clusterUnder, sourceUnder } from './organisation/source-under.ts';
import { switchedOffBy } from './organisation/switched-off.ts';
import { createProviders } from './providers/providers.ts';
import { feedOf } from './releases/feed.ts';
import { createReleases } from './releases/releases.ts';
import { createSettings } from './settings/settings.ts';
import { keepGoodSettings, mendSettingsFile, migrateSettingsFile } from './settings/settings-file.ts';
import { type FileWatch, watchFiles } from './storage/file-watch.ts';
import { createPeers } from './tunnels/peers/peers.ts';
import { createPorts } from './tunnels/ports.ts';
import { refusalNotice } from './tunnels/refusals.ts';
import { createTunnels } from './tunnels/tunnels.ts';
import { version } from './version.ts';
import { organisationOf, releaseOf, resultOf, shown, viewOf } from './views.ts';

/** How soon to look at a kubeconfig again that could not be read. */
const lookAgainMs = 1_000;

/**
 * Wires the agent and starts it: what was open is opened again, and a catalog that is not fresh is read anew.
 * Rejects where settings, certificate authorities that the environment names, or its own files cannot be read.
 */
export async function createAgent(parts: Parts): Promise<Agent> {
  let support: string | undefined;
  try {
    return await wireAgent(parts, (organisation) => {
      support = organisation?.links?.support;
    });
  } catch (error) {
    throw withSupport(error, support);
  }
}

async function wireAgent(
  parts: Parts,
  onOrganisation: (organisation: Organisation | undefined) => void,
): Promise<Agent> {
  const { env, paths, logger } = parts;
  const clock = withSafeTimers(parts.clock, logger);
  const startedAt = clock.now();
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change) => {
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (error) {
        logger.error('A subscriber failed', { change: change.kind, error: toPlainError(error) });
      }
    }
  };
  const lookers = new Set<object>();
  const notices: Notice[] = [];
  const notice = (level: Notice['level'], text: string) => {
    const message = shownText(text);
    const entry = { at: clock.now(), level, message };
    notices.push(entry);
    if (notices.length > 100) notices.shift();
    logger.info('Notice', { level, message });
    tell({ kind: 'notice', notice: entry });
  };
  const noticed = new Set<string>();
  /** For what each further write would say again. */
  const noticeOnce: typeof notice = (level, text) => {
    if (noticed.has(text)) return;
    noticed.add(text);
    notice(level, text);
  };

  const network = createNetwork(env);
  for (const { message, hint = '' } of network.troubles) notice('warning', `${message} ${hint}`);
  const organisation = await createOrganisation({
    env,
    config: paths.config,
    state: paths.state,
    network,
    clock,
    logger,
    notice,
    settingsUnder: (other) => settings.under(managedSettings(other)),
    onChange(now) {
      settings.manage(managedSettings(now));
      renewDiscovery();
      markProduction();
      readAnew();
      releases.follow();
    },
    onView: (view) => tell({ kind: 'organisation', ...(view === undefined ? {} : { organisation: view }) }),
  });
  onOrganisation(organisation.current());
  // Whoever makes it first decides who may look into it.
  await mkdir(paths.config, { recursive: true, mode: 0o700 }).catch(() => {});
  for (const mend of [mendSettingsFile, migrateSettingsFile]) {
    const told = mend(paths.config);
    if (told !== undefined) notice('warning', told);
  }
  const settings = createSettings({
    openStore: parts.openStore,
    managed: managedSettings(organisation.current()),
    onChange: (changed) => {
      keepGoodSettings(paths.config);
      tell({ kind: 'settings', settings: changed, settingsFrom: settings.from() });
      if (!isDeepStrictEqual(placesIn(changed), looksIn)) renewDiscovery();
      if (!changed.keepEntries && connections.kept().length > 0) forgetKept();
      // It may name another kubeconfig.
      void files?.look();
    },
  });
  let files: FileWatch | undefined;
  keepGoodSettings(paths.config);
  const organisationFiles = createOrganisationFiles(fileFolders({ env, config: paths.config }));
  const setting = await additionalAuthorities(settings, organisationFiles).catch((error: unknown) => {
    const { message, hint = '' } = toPlainError(error);
    notice('warning', `${message} ${hint}`.trim());
    return undefined;
  });
  const unusable = trustUsableAuthorities({ env, setting });
  if (unusable !== undefined)
    notice('warning', `${unusable.message} No certificate of it is trusted. ${unusable.hint ?? ''}`.trim());
  const releases = await createReleases({
    env,
    folder: paths.state,
    network,
    clock,
    logger,
    version,
    feed: () => feedOf(organisation.current()),
    onChange: (release) => tell({ kind: 'release', ...(release === undefined ? {} : { release }) }),
  });
  const catalog = await createCatalog({
    folder: path.join(paths.state, 'catalog'),
    clock,
    logger,
    freshForMs: () => settings.get().catalogMaxAgeMinutes * 60_000,
    onSetAside: (aside, reason) =>
      notice(
        'warning',
        `A part of what was known of clusters cannot be read (${reason}); it is kept as ${aside} and read again from its source.`,
      ),
  });
  catalog.onChange((change) =>
    tell({
      kind: 'catalog',
      upserted: change.upserted.map(shown),
      removed: [...change.removed],
      cells: [...change.cells],
      removedCells: [...change.removedCells],
    }),
  );
  const { all: providers, consents } = createProviders({
    parts: { ...parts, clock },
    network,
    catalog,
    settings,
    organisation: organisation.current,
    organisationFiles,
    notice: (message) => notice('warning', message),
  });
  const credentials = createCredentials({ clock, providers });
  if (parts.sealer.kind !== 'headless' && parts.sealer.warning !== undefined)
    notice('warning', parts.sealer.warning);
  // Reading seals what was kept without a keychain. What cannot be read is told by whoever needs it.
  if (parts.sealer.kind === 'keychain')
    for (const { sessionFile } of providers) await sessionFile?.read().catch(() => {});
  const makeDiscovery = (): Discovery =>
    createDiscovery({
      sources: providers
        .flatMap(({ source }) => source?.() ?? [])
        .map((source) => sourceUnder(source, organisation.current())),
      catalog,
      clock,
      logger,
      onStatus: (status) => tell({ kind: 'discovery', discovery: status }),
    });
  const placesIn = ({ awsRegions, awsPortals, vaultMounts, clusterFiles }: Settings) => ({
    awsRegions,
    awsPortals,
    vaultMounts,
    clusterFiles,
  });
  let looksIn = placesIn(settings.get());
  let discovery = makeDiscovery();
  const renewDiscovery = () => {
    discovery.cancel();
    looksIn = placesIn(settings.get());
    discovery = makeDiscovery();
  };
  const markProduction = () => {
    for (const cluster of catalog.clusters()) {
      const marked = clusterUnder(cluster, organisation.current());
      if (marked !== cluster) catalog.update(marked);
    }
  };
  markProduction();
  /** Whether the last whole run is older than the person wants. A computer that slept finds out when it wakes. */
  const isOld = () => {
    const finishedAt = catalog.finishedAt();
    if (finishedAt === undefined || discovery.status().status === 'running') return false;
    return Math.abs(clock.now() - finishedAt) > settings.get().catalogMaxAgeMinutes * 60_000;
  };
  const readAnew = () => {
    discovery.run().catch((error: unknown) => logger.warn('Discovery ended', { error: toPlainError(error) }));
  };

  const favourites = await createFavourites({
    folder: paths.state,
    logger,
    onChange(list) {
      tell({ kind: 'favourites', favourites: [...list] });
      policies.want();
    },
  });
  const sets = await createSets({
    folder: paths.state,
    logger,
    onChange: (list) => tell({ kind: 'sets', sets: [...list] }),
  });
  const access: Access = createAccess({
    network,
    clock,
    logger,
    folder: paths.cloudflared,
    openUrl: parts.openUrl,
    team: () => organisation.current()?.access?.team,
    serviceToken: (hostname) =>
      readServiceToken(hostname, organisation.current()?.access?.serviceTokens, organisationFiles),
    onLogins() {
      tellLogins();
      lookAtSessions().catch(unseen);
    },
    onAnswer: (answer) => void policies.hear(answer),
    onSessionEnded(team) {
      notice(
        'warning',
        `${team} has ended your session before its time. Sign in again: ${command`k8s-tunnels login access ${team}`}`,
      );
      // The others of the organisation find out now, not at their next probe.
      for (const tunnel of tunnelsOf(team)) tunnel.wake();
      lookAtSessions().catch(unseen);
    },
  });
  const logins = createLogins({
    providers: [
      createAccessLogin({
        access,
        folder: paths.cloudflared,
        team: () => organisation.current()?.access?.team,
        // One whose policy refuses the person is no way in.
        hostnames: () =>
          hostnamesOf(catalog.clusters().map(({ id }) => id)).sort(
            (a, b) => Number(isDenied(a)) - Number(isDenied(b)),
          ),
        onSignedOut(hostnames) {
          const left = tunnels
            .list()
            .filter(({ id }) => hostnamesOf([id]).some((hostname) => hostnames.includes(hostname)));
          // They find out that they need a sign-in, and let go of the connection that is kept warm.
          for (const tunnel of left) tunnel.wake();
          return left
            .filter((tunnel) => (tunnel.traffic()?.connections ?? 0) > 0)
            .map(({ id }) => titled(id).title);
        },
      }),
      ...providers.flatMap(({ login }) => login ?? []),
    ],
    clock,
    logger,
    env,
    openUrl: parts.openUrl,
    offBy: (kind) => switchedOffBy(kind, organisation.current()),
    onChange: () => tellLogins(),
  });
  const waitingLogins = (): LoginView[] => [
    ...access
      .logins()
      .map(
        ({ authDomain, ...rest }) =>
          ({ kind: 'access', title: authDomain, session: authDomain, ...rest }) as const,
      ),
    ...logins.waiting(),
  ];
  const tellLogins = () => tell({ kind: 'logins', logins: waitingLogins() });
  const hostnamesOf = (ids: readonly ClusterId[]) =>
    ids.flatMap((id) => {
      const reach = catalog.get(id)?.reach;
      return reach?.kind === 'tunnel' ? [reach.hostname] : [];
    });
  const policies = await createPolicies({
    folder: paths.state,
    clock,
    logger,
    access,
    favourites: () => hostnamesOf(favourites.list()),
    onChange: (change) => tell({ kind: 'policies', ...change }),
  });
  const isDenied = (hostname: string) => policies.get(hostname)?.verdict === 'denied';
  const unseen = (error: unknown) =>
    logger.warn('Sessions and the current context are not known', { error: toPlainError(error) });
  let sessions: SessionView[] = [];
  let endedSessions: EndedSessionView[] = [];
  const lookAtSessions = async () => {
    const all = await access.sessions();
    const now: SessionView[] = all.sessions.map(withoutUndefined);
    const ended: EndedSessionView[] = all.ended.map(withoutUndefined);
    policies.keep(now);
    if (isDeepStrictEqual([now, ended], [sessions, endedSessions])) return;
    const begun = now.filter((one) => !sessions.some((known) => isDeepStrictEqual(known, one)));
    [sessions, endedSessions] = [now, ended];
    tell({ kind: 'sessions', sessions, endedSessions });
    if (begun.length > 0) onSignedIn(begun.map(({ authDomain }) => authDomain));
  };
  /** Who waits for a sign-in goes on; set once there are connections. */
  let onSignedIn = (_teams: readonly string[]) => {};
  await lookAtSessions();
  const memory = createMemory({
    clock,
    isInUse: () => tunnels.list().some((tunnel) => tunnel.state().status !== 'idle'),
    collect: parts.collectGarbage ?? (() => {}),
  });
  const peers = await createPeers({ env, logger });
  // Without the check, a password must be unknown to a program that listened on a port while no agent did.
  const ports = await createPorts({ folder: paths.state, logger, renew: !peers.isChecked });
  const accessRequest = () => organisation.current()?.links?.accessRequest;
  const tunnels = createTunnels({
    clock,
    logger,
    network,
    access,
    ports,
    peers,
    cloudflared: { env, home: paths.home, resources: parts.resources, state: paths.state, logger },
    rules: () => connectorRules(organisation.current()),
    notice,
    onChange(tunnel) {
      if (tunnel.state().status === 'idle') memory.tunnelClosed();
      tell({ kind: 'tunnel', tunnel: viewOf(tunnel, accessRequest()) });
    },
    onDemand: (id) => connections.demand(id, { interactive: true }),
    onRefused(refusal) {
      const { title } = titled(refusal.cluster);
      notice('warning', refusalNotice(title, refusal));
      activity.add({ kind: 'refused', title, ...refusal });
    },
    onClientFailed({ cluster, isCut, process, failure }) {
      const client = process === undefined ? {} : { process };
      activity.add({ kind: 'client-failed', ...titled(cluster), isCut, ...client, failure });
    },
  });
  const tunnelsOf = (team: string) =>
    tunnels.list().filter(({ id }) => hostnamesOf([id]).some((hostname) => access.teamOf(hostname) === team));
  /** The run that follows the last sign-in has begun. */
  let beganAnew: Promise<void> | undefined;
  const login: Logins['login'] = async (options) => {
    const account = await logins.login(options);
    const { provider, session, who } = account;
    // Those of Access are told by their sessions, whoever began them.
    if (provider !== 'access')
      activity.add({ kind: 'signed-in', provider, session, ...(who === undefined ? {} : { who }) });
    credentials.forgetAll();
    // More may be reachable now; a run that is under way began without it.
    const before = discovery.status().status === 'running' ? discovery.run() : Promise.resolve();
    const began = before
      .catch(() => {})
      .then(readAnew)
      .finally(() => {
        if (beganAnew === began) beganAnew = undefined;
      });
    beganAnew = began;
    return account;
  };
  const signIns = createSignIns({ clock, logins: { ...logins, login } });
  const kubeconfig = createKubeconfig({
    folder: paths.state,
    clock,
    logger,
    onExposed: (warning) => noticeOnce('warning', warning),
  });
  const connections = await createConnections({
    folder: paths.state,
    clock,
    logger,
    catalog,
    tunnels,
    ports,
    kubeconfig,
    plugin: parts.plugin,
    isGuarded: () => organisation.current()?.production.guard !== false,
    keepsEntries: () => settings.get().keepEntries,
    complete: (cluster, signal) => discovery.complete(cluster, signal),
    notice,
    noticeOnce,
    onKept: (kept) => tell({ kind: 'kept', kept: [...kept] }),
  });
  onSignedIn = (teams) =>
    connections.resume((id) =>
      hostnamesOf([id]).some((hostname) => teams.includes(access.teamOf(hostname) ?? '')),
    );
  const ownPlace: Place = { kubeconfig: env.KUBECONFIG, cwd: paths.home, home: paths.home };
  const placeFor = ({ kubeconfig: value, cwd, home }: Place = ownPlace): KubeconfigPlace => {
    const chosen = settings.get().kubeconfigPath;
    return { kubeconfig: chosen === '' ? value : chosen, cwd, home };
  };
  const kubectl = async (place: Place | undefined): Promise<Kubectl> => {
    const { context, id } = await kubeconfig.current(placeFor(place));
    if (id === undefined) return context === undefined ? {} : { context: plainText(context) };
    const cluster = id as ClusterId;
    const limit = await connections.limit(placeFor(place), cluster);
    return {
      ...(context === undefined ? {} : { context: plainText(context) }),
      cluster,
      ...(isProduction(catalog.get(cluster) ?? {}) ? { production: true } : {}),
      ...(limit === undefined
        ? {}
        : {
            limit: {
              until: limit.until,
              ...(limit.back === undefined ? {} : { back: plainText(limit.back) }),
            },
          }),
    };
  };
  // Another program may switch the current context, or repair a kubeconfig that could not be read.
  let pointsAt: Kubectl = await kubectl(undefined).catch(() => ({}));
  const activity = await createActivity({
    folder: paths.state,
    clock,
    logger,
    from: {
      clusters: [...catalog.clusters()],
      cells: [...catalog.cells()],
      discovery: discovery.status(),
      sessions,
      settings: settings.get(),
      kept: [...connections.kept()],
      kubectl: pointsAt,
    },
    onEntry: (entry) => tell({ kind: 'activity', entry }),
  });
  listeners.add(activity.hear);
  /** False where it cannot be read. */
  const look = async (): Promise<boolean> => {
    const read = await kubectl(undefined).catch(() => undefined);
    const now: Kubectl = read ?? {};
    if (!isDeepStrictEqual(now, pointsAt)) {
      pointsAt = now;
      tell({ kind: 'kubectl', kubectl: now });
    }
    return read !== undefined;
  };
  files = watchFiles({
    clock,
    logger,
    watched: async () => ({
      // Where it cannot be told, `look` finds the same and comes again in a second: the rest must go on.
      files: await kubeconfig.paths(placeFor(undefined)).catch(() => []),
      folders: [paths.cloudflared],
    }),
    async look() {
      if (isOld()) readAnew();
      const limits = connections.checkLimits();
      const [isRead] = await Promise.all([limits.then(look), lookAtSessions()]);
      // Files cannot be read while too many are open, which changes no file when it is over.
      if (!isRead) return clock.now() + lookAgainMs;
      // Nor does a session that ends change a file. A timer that was set before sleep fires late: a time limit is looked
      // at each second.
      return Math.min(
        ...sessions.map(({ endsAt }) => endsAt),
        (await limits) ? clock.now() + lookAgainMs : Number.POSITIVE_INFINITY,
      );
    },
  });
  void files.look();

  const titled = (cluster: ClusterId) => ({ cluster, title: catalog.get(cluster)?.title ?? cluster });

  /** The clusters whose entries are ours. One that no listing names any more is still found, by its id. */
  const entriesOfOurs = () => {
    const ours = [...connections.open(), ...connections.kept()];
    return { ours, idOf: (word: string) => ours.find((id) => id === word) ?? catalog.find(word).id };
  };

  /** Nothing is kept any more: what was goes. */
  const forgetKept = () => {
    restored
      .then(() => connections.forget(connections.kept()))
      .catch((error: unknown) =>
        notice('warning', `Kept entries were not removed. ${toPlainError(error).message}`),
      );
  };

  /** Names as people type them. One that the catalog does not know is looked for once before it is called unknown. */
  const find = async (words: readonly string[]): Promise<readonly Cluster[]> => {
    const all = () => [...new Set(words.map((word) => catalog.find(word)))];
    try {
      return all();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'not-found') throw error;
      const { catalogMaxAgeMinutes } = settings.get();
      if (discovery.status().status === 'idle' && catalog.isFresh(catalogMaxAgeMinutes * 60_000)) throw error;
      await discovery.run();
      return all();
    }
  };

  /** What a connection found out of the policy, unless Access has said it at an exchange since then. */
  const reportPolicy = (outcome: Outcome, since: number) => {
    const { reach } = outcome.cluster;
    const isDenied = outcome.status === 'failed';
    if (tunnels.find(outcome.cluster.id)?.connector() === 'direct') return;
    if (reach.kind !== 'tunnel' || (isDenied && outcome.error.code !== 'access-denied')) return;
    const known = policies.get(reach.hostname);
    if (known?.verdict === (isDenied ? 'denied' : 'admitted') && (!isDenied || known.at >= since)) return;
    access
      .report(reach.hostname, isDenied ? {} : undefined)
      .catch((error: unknown) => logger.debug('A policy is not known', { error: toPlainError(error) }));
  };

  const restored = connections.restore().catch((error: unknown) => {
    const { message, hint } = toPlainError(error);
    notice(
      'warning',
      `What was open before could not be restored. ${message}${hint === undefined ? '' : ` ${hint}`}`,
    );
  });
  if (!catalog.isFresh(settings.get().catalogMaxAgeMinutes * 60_000)) readAnew();
  organisation.follow();
  releases.follow();

  return {
    snapshot: () => ({
      agent: {
        version,
        pid: process.pid,
        startedAt,
        platform: process.platform,
        signIns: parts.sealer.kind,
      },
      clusters: catalog.clusters().map(shown),
      cells: [...catalog.cells()],
      discovery: discovery.status(),
      // Those of kept entries are there, closed.
      tunnels: tunnels
        .list()
        .filter((tunnel) => tunnel.state().status !== 'idle')
        .map((tunnel) => viewOf(tunnel, accessRequest())),
      logins: waitingLogins(),
      sessions,
      endedSessions,
      kubectl: pointsAt,
      favourites: [...favourites.list()],
      sets: [...sets.list()],
      kept: [...connections.kept()],
      policies: [...policies.list()],
      clientFailures: tunnels.clientFailures().map(({ process: program, ...rest }) => ({
        ...rest,
        ...(program === undefined ? {} : { process: program }),
      })),
      settings: settings.get(),
      settingsFrom: settings.from(),
      ...organisationOf(organisation),
      ...releaseOf(releases),
      notices: [...notices],
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    look() {
      const looker = {};
      lookers.add(looker);
      if (lookers.size === 1) tunnels.watch(true);
      return () => {
        if (lookers.delete(looker) && lookers.size === 0) tunnels.watch(false);
      };
    },
    async discover() {
      const start = clock.now();
      // One that began before a sign-in is not what is asked for.
      if (beganAnew !== undefined) await beganAnew;
      await activity.during(['discovery'], () => discovery.run({ asked: true }));
      return {
        clusters: catalog.clusters().length,
        failed: catalog.cells().filter(isFailed),
        tookMs: clock.now() - start,
      };
    },
    async connect({ clusters, place, mode, origin, production, minutes, signal }) {
      await restored;
      const found = await find(clusters);
      const since = clock.now();
      const ids = found.map(({ id }) => id);
      const switches = settings.get().kubeconfigMode === 'switch';
      const forMs = minutes && minutes * 60_000;
      const how = { mode, origin, production, switches, forMs, signal };
      const connected = await activity.during(ids, () =>
        connections.connect({ clusters: found, place: placeFor(place), ...how }),
      );
      const { outcomes, warnings, stays, left, switched } = connected;
      await look();
      if (minutes !== undefined) void files?.look();
      for (const outcome of outcomes) {
        reportPolicy(outcome, since);
        const { id, title } = outcome.cluster;
        // No tunnel was begun that could tell of it.
        if (outcome.status === 'failed' && outcome.stage === undefined)
          activity.add({
            kind: 'failed',
            cluster: id,
            title,
            failure: { error: toPlainError(outcome.error) },
          });
      }
      return {
        results: await Promise.all(
          outcomes.map(async (outcome) => {
            const consent = await consents.view(outcome.cluster).catch(() => undefined);
            return resultOf(outcome, accessRequest(), consent);
          }),
        ),
        kubectl: await kubectl(place),
        warnings: [...warnings],
        ...(switched === undefined
          ? {}
          : { switched: switched.from === undefined ? {} : { from: plainText(switched.from) } }),
        ...(stays.length === 0 ? {} : { stays: stays.map(({ id }) => titled(id)) }),
        ...(left.length === 0 ? {} : { left: left.map(({ id }) => titled(id)) }),
      };
    },
    async retry({ clusters }) {
      await restored;
      const ids = clusters === 'all' ? connections.open() : clusters.map((word) => catalog.find(word).id);
      return { tried: connections.retry(ids).map(titled) };
    },
    async disconnect({ clusters, place }) {
      await restored;
      const ids = clusters === 'all' ? connections.open() : clusters.map((word) => catalog.find(word).id);
      const { closed, warnings } = await activity.during(ids, () => connections.disconnect(ids));
      await look();
      return { closed: closed.map(titled), kubectl: await kubectl(place), warnings: [...warnings] };
    },
    async disconnectAll() {
      await restored;
      const again = settings.get().reopenAtStart;
      await activity.during(connections.open(), () => connections.disconnectAll({ again }));
    },
    async forget({ clusters, place }) {
      await restored;
      const { ours, idOf } = entriesOfOurs();
      const ids = clusters === 'all' ? ours : clusters.map(idOf);
      const { forgotten, warnings } = await activity.during(ids, () => connections.forget(ids));
      await look();
      return { forgotten: forgotten.map(titled), kubectl: await kubectl(place), warnings: [...warnings] };
    },
    async rotate({ clusters }) {
      await restored;
      const { ours, idOf } = entriesOfOurs();
      const { rotated, warnings } = await connections.rotate(clusters === 'all' ? ours : clusters.map(idOf));
      return { rotated: rotated.map(titled), warnings: [...warnings] };
    },
    async switchTo({ cluster, place, production = false, minutes }) {
      await restored;
      if (cluster === '-') await connections.back({ place: placeFor(place), production });
      else
        await connections.use({
          cluster: catalog.find(cluster),
          production,
          forMs: minutes && minutes * 60_000,
        });
      await look();
      // A time limit is no change of a file.
      if (minutes !== undefined) void files?.look();
      return { kubectl: await kubectl(place) };
    },
    kubectl,
    async credential({ cluster, execInfo, browser }) {
      const found = (await find([cluster]))[0];
      if (found === undefined) throw new AppError('not-found', `There is no cluster ${cluster}.`);
      const interactive =
        browser !== false && (env.K8S_TUNNELS_NO_BROWSER ?? '') === '' && isInteractive(execInfo);
      const [credential] = await Promise.all([
        signIns.through(interactive, () => credentials.get(found, apiServer(execInfo))),
        // kubectl asks before its first connection, which is to find the port listening and the tunnel open.
        connections.demand(found.id, { interactive }),
      ]);
      return execCredential(credential, execInfo);
    },
    async consent(word) {
      const [found] = await find([word]);
      return found && consents.view(found);
    },
    async allow({ cluster, digest }) {
      const allowed = await consents.allow(catalog.find(cluster), digest);
      const { title, server } = allowed;
      logger.info('An API server may receive id tokens', { cluster: title, server });
      return allowed;
    },
    accounts: () => logins.accounts(),
    findings: () => readFindings(providers),
    login,
    async logout(options) {
      const done = await logins.logout(options);
      const { provider, session } = options;
      if (provider !== 'access' && done.removed.length > 0)
        activity.add({ kind: 'signed-out', provider, ...(session === undefined ? {} : { session }) });
      credentials.forgetAll();
      // What it held of credentials goes with it.
      renewDiscovery();
      await lookAtSessions();
      return done;
    },
    async favourite({ cluster, on }) {
      await favourites.set(catalog.find(cluster).id, on);
      return { favourites: [...favourites.list()] };
    },
    async orderFavourites(ids) {
      await favourites.order(ids);
      return { favourites: [...favourites.list()] };
    },
    async saveSet({ name, clusters }) {
      await sets.save({ name, clusters: clusters.map((word) => catalog.find(word).id) });
      return { sets: [...sets.list()] };
    },
    async removeSet(name) {
      await sets.remove(name);
      return { sets: [...sets.list()] };
    },
    lookAt: (clusters) => policies.want(hostnamesOf(clusters)),
    activity: activity.list,
    async history(cluster) {
      const traffic = tunnels.find(cluster)?.traffic();
      const entry = await connections.entry(cluster).catch(() => undefined);
      return {
        ...activity.past(cluster),
        ...(traffic === undefined ? {} : { traffic }),
        ...(entry === undefined ? {} : { entry }),
      };
    },
    settings: () => settings.get(),
    settingsFrom: () => settings.from(),
    resetSettings: (names) => settings.reset(names),
    setup: organisation,
    changeSettings: (patch) =>
      settings.change(Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))),
    async close() {
      files?.close();
      memory.close();
      organisation.close();
      discovery.cancel();
      access.close();
      logins.close();
      await tunnels.closeAll();
      await peers.close();
      await policies.close();
      await releases.close();
      await catalog.close();
      await activity.close();
      network.reset();
    },
  };
}

/** For data that crosses a boundary, where a field that is not known is missing. */
function withoutUndefined<T extends { readonly email: string | undefined }>({ email, ...rest }: T) {
  return email === undefined ? rest : { ...rest, email };
}
