import type { MenuItemConstructorOptions } from 'electron';
import type { Snapshot, TunnelView } from '../model/agent-view.ts';
import type { Cluster, ClusterId } from '../model/cluster.ts';
import type { ClusterSet } from '../model/cluster-set.ts';
import { isProduction } from '../model/is-production.ts';
import { duration, latency, plural } from '../model/wording.ts';
import { contextItems, contextText } from './tray-contexts.ts';
import { groupItems, trayGroups } from './tray-groups.ts';
import { trayLabel, trayText } from './tray-label.ts';
import { lockItems } from './tray-locks.ts';

/** The actions of the menu's items. */
export interface TrayActions {
  connect(cluster: ClusterId): void;
  disconnect(cluster: ClusterId): void;
  disconnectAll(): void;
  /** Retries the waiting ones now. */
  retry(clusters: readonly ClusterId[]): void;
  /** Switches the current context to it. */
  use(cluster: ClusterId): void;
  /** Ends an unlock. */
  lock(cluster: ClusterId): void;
  /** Connects its clusters; the window asks about production. */
  openSet(set: ClusterSet): void;
  openLink(url: string): void;
  discover(): void;
  openWindow(): void;
  /** Answers an AI client that asks to read a production cluster. */
  answer(confirmation: string, allow: boolean): void;
  /** Opens the window's page of sessions. */
  openAccounts(): void;
  openSettings(): void;
  quit(): void;
}

/** A longer menu is useless: the window has a search. */
const listLimit = 500;

/** Builds the tray's menu. `snapshot` is undefined before the first state; `now` is in ms since the epoch. */
export function trayMenu(options: {
  readonly snapshot: Snapshot | undefined;
  /** The agent cannot start. */
  readonly failed?: boolean;
  readonly now: number;
  readonly actions: TrayActions;
}): MenuItemConstructorOptions[] {
  const { snapshot, failed = false, now, actions } = options;
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const end = [
    { label: 'Open window', click: () => actions.openWindow() },
    { label: 'Quit', click: () => actions.quit() },
  ];
  if (snapshot === undefined)
    return [line(failed ? 'k8s-tunnels cannot start' : 'k8s-tunnels: starting'), separator, ...end];

  const tunnels = new Map(snapshot.tunnels.map((tunnel) => [tunnel.cluster, tunnel]));
  const item = (cluster: Cluster): MenuItemConstructorOptions => {
    const tunnel = tunnels.get(cluster.id);
    return {
      type: 'checkbox',
      label: trayLabel(cluster.title, note(cluster, tunnel)),
      checked: tunnel !== undefined,
      enabled: tunnel !== undefined || cluster.reach.kind !== 'none',
      click: () => (tunnel === undefined ? actions.connect(cluster.id) : actions.disconnect(cluster.id)),
    };
  };
  const current = snapshot.kubectl.cluster;
  const open = snapshot.clusters
    .filter(({ id }) => tunnels.has(id))
    .sort((a, b) => Number(b.id === current) - Number(a.id === current) || byTitle(a, b));
  const favourites = favouritesOf(snapshot).filter(({ id }) => !tunnels.has(id));
  const connected = snapshot.tunnels.filter(({ state }) => state.status === 'connected').length;

  return [
    line(`k8s-tunnels: ${connected === 0 ? 'nothing' : connected} connected`),
    ...(snapshot.kubectl.production || snapshot.kubectl.limit !== undefined
      ? [line(contextText(snapshot.kubectl, now))]
      : []),
    ...lockItems(snapshot, actions, now),
    ...questions(snapshot, actions),
    ...(snapshot.kubeconfigProblems ?? []).map(({ message }) => line(trayText(message))),
    ...open.map(item),
    ...tryNow(snapshot, actions),
    ...(open.length > 0 ? [{ label: 'Disconnect all', click: () => actions.disconnectAll() }] : []),
    ...(favourites.length > 0 ? [separator, ...favourites.map(item)] : []),
    ...(open.length + favourites.length > 0 ? [separator] : []),
    allClusters(snapshot, item, actions),
    ...(snapshot.sets.length > 0
      ? [
          {
            label: 'Sets',
            submenu: snapshot.sets.map((set) => ({
              label: trayText(set.name),
              click: () => actions.openSet(set),
            })),
          },
        ]
      : []),
    { label: 'Current context', submenu: contextItems(snapshot, open, tunnels, actions, now) },
    separator,
    ...signIn(snapshot, now, actions),
    { label: 'Settings', click: () => actions.openSettings() },
    discoverAgain(snapshot, actions),
    ...end,
  ];
}

/** What AI clients ask. The answers are one step further, so that no click at the top of the menu gives one. */
function questions(
  { confirmations = [], clusters }: Snapshot,
  actions: TrayActions,
): MenuItemConstructorOptions[] {
  return confirmations.map(({ id, client, cluster }) => {
    const title = clusters.find((one) => one.id === cluster)?.title ?? cluster;
    return {
      // Another question with the same words is another item.
      id,
      label: trayText(`${client} asks to read ${title} (production)`),
      submenu: [
        { label: 'Do not allow', click: () => actions.answer(id, false) },
        { label: 'Allow reading', click: () => actions.answer(id, true) },
      ],
    };
  });
}

/** Retries tunnels that are down and wait for their next attempt or for the user. */
function tryNow({ tunnels, clusters }: Snapshot, actions: TrayActions): MenuItemConstructorOptions[] {
  const waiting = tunnels
    .filter(({ state }) => ['reconnecting', 'degraded', 'failed'].includes(state.status))
    .map(({ cluster }) => cluster);
  const [first] = waiting;
  if (first === undefined) return [];
  const title = clusters.find(({ id }) => id === first)?.title ?? first;
  const what = waiting.length === 1 ? title : clusterCount(waiting.length);
  return [{ label: trayText(`Retry now: ${what}`), click: () => actions.retry(waiting) }];
}

function allClusters(
  snapshot: Snapshot,
  item: (cluster: Cluster) => MenuItemConstructorOptions,
  actions: TrayActions,
): MenuItemConstructorOptions {
  const { length } = snapshot.clusters;
  if (length > listLimit) return { label: `All ${clusterCount(length)}…`, click: () => actions.openWindow() };
  return {
    label: 'All clusters',
    enabled: length > 0,
    submenu: groupItems(trayGroups(snapshot), item),
  };
}

/** Builds the item of a login that waits for the user, and that of the accounts with the state of the Access session. */
function signIn(
  { logins, sessions, endedSessions = [] }: Snapshot,
  now: number,
  actions: TrayActions,
): MenuItemConstructorOptions[] {
  const accounts = (note: string) => ({
    label: trayLabel('Accounts', note),
    click: () => actions.openAccounts(),
  });
  const [login] = logins;
  if (login !== undefined)
    return [
      { label: 'Sign in: waiting for your browser…', click: () => actions.openLink(login.url) },
      accounts(''),
    ];
  const left = Math.max(0, ...sessions.map(({ endsAt }) => endsAt - now));
  const ended = endedSessions.find(({ isRevoked }) => isRevoked || left === 0);
  if (ended !== undefined) return [accounts(`session at ${ended.authDomain} ended`)];
  return [accounts(`Cloudflare Access: ${left === 0 ? 'signed out' : `${duration(left)} left`}`)];
}

function discoverAgain({ discovery }: Snapshot, actions: TrayActions): MenuItemConstructorOptions {
  return discovery.status === 'running'
    ? line(
        `Loading ${discovery.cellsRead} of ${plural(discovery.cellsKnown, { one: '# location', other: '# locations' })}`,
      )
    : { label: 'Refresh', click: () => actions.discover() };
}

/** In the user's order. */
function favouritesOf({ favourites, clusters, settings }: Snapshot): Cluster[] {
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const known = favourites.flatMap((id) => byId.get(id) ?? []);
  return settings.favouritesOrder === 'name' ? known.sort(byTitle) : known;
}

function note(cluster: Cluster, tunnel: TunnelView | undefined): string {
  const production = isProduction(cluster) ? 'production' : '';
  return [production, tunnel === undefined ? unopened(cluster) : progress(tunnel)].filter(Boolean).join(', ');
}

function unopened({ reach }: Cluster): string {
  return reach.kind === 'none' ? 'no tunnel' : '';
}

function progress({ state }: TunnelView): string {
  switch (state.status) {
    case 'connected':
      return latency(state.probe.totalMs);
    case 'logging-in':
      return 'signing in…';
    case 'idle':
      return '';
    case 'failed':
    case 'degraded':
      return state.status;
    default:
      return `${state.status}…`;
  }
}

function line(label: string): MenuItemConstructorOptions {
  return { label, enabled: false };
}

function clusterCount(count: number): string {
  return plural(count, { one: '# cluster', other: '# clusters' });
}

function byTitle(a: Cluster, b: Cluster): number {
  return a.title.localeCompare(b.title) || a.id.localeCompare(b.id);
}
