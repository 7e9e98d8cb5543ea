import path from 'node:path';
import { Menu, Notification, nativeImage, nativeTheme, type Rectangle, Tray } from 'electron';
import type { AgentClient } from '../api/conversation.ts';
import type { WindowTarget } from '../api/window-target.ts';
import type { Snapshot } from '../model/agent-view.ts';
import { toPlainError } from '../model/app-error.ts';
import type { ClusterId } from '../model/cluster.ts';
import { notify } from './notifications/notifier.ts';
import type { Target } from './notifications/text.ts';
import { trayFace, trayPicture } from './tray-face.ts';
import { type TrayActions, trayMenu } from './tray-menu.ts';

/** Changes come in bursts: rebuild the menu once per burst. */
const settleMs = 50;
/** The remaining session time is shown in minutes. */
const refreshMs = 20_000;
/** A menu without a close event counts as open no longer than this. */
const openLimitMs = 60_000;

/** Shows the agent's state in the tray until the app quits. */
export interface AppTray {
  /** Shows what changed soon; what is `isOfFigures` alone with the next refresh, because a menu takes time to build. */
  show(snapshot: Snapshot, isOfFigures: boolean): void;
  /** Bounds of its icon on the screen. */
  bounds(): Rectangle;
}

export function createTray(options: {
  /** Folder of the built icons. */
  readonly pictures: string;
  /** Rejects when the agent cannot start. */
  readonly agent: Promise<AgentClient>;
  /** Asks before a production cluster becomes current; `minutes` limits the time. */
  readonly confirmUse: (title: string) => Promise<{ readonly minutes?: number } | undefined>;
  /** Asks before connected clusters are disconnected. */
  readonly confirmQuit: (open: number) => Promise<boolean>;
  /** Opens the target of a notification. */
  readonly go: (target: Target) => void;
  /** Opens an address in the user's browser, where that is allowed. */
  readonly openLink: (url: string) => void;
  readonly onClick: () => void;
  readonly onOpen: () => void;
  /** Quits the app if the agent cannot. */
  readonly onQuit: () => void;
}): AppTray {
  const { pictures, agent, confirmUse, confirmQuit, go, openLink, onClick, onOpen, onQuit } = options;
  const picture = () =>
    trayPicture(trayFace(snapshot, failed), process.platform, nativeTheme.shouldUseDarkColors);
  const imageOf = (file: string) => {
    const image = nativeImage.createFromPath(path.join(pictures, file));
    if (file.endsWith('Template.png')) image.setTemplateImage(true);
    return image;
  };
  let snapshot: Snapshot | undefined;
  let failed = false;
  let shown = '';
  let timer: NodeJS.Timeout | undefined;
  let soon = false;
  /** Until when an opened menu counts as open. */
  let openUntil = 0;
  let pictured = picture();
  const tray = new Tray(imageOf(pictured));
  tray.setToolTip('k8s-tunnels');
  tray.on('click', onClick);

  const clusterOf = (id: ClusterId) => snapshot?.clusters.find((cluster) => cluster.id === id);
  const tell = (title: string, body: string, at?: WindowTarget) => {
    if (!Notification.isSupported()) return;
    notify({ title, body, target: { kind: 'window', ...(at === undefined ? {} : { at }) }, buttons: [] }, go);
  };
  /** The click has already toggled the item's mark: rebuild the menu, whatever the result. */
  const act = (title: string, work: (agent: AgentClient) => Promise<unknown>) => {
    shown = '';
    agent
      .then(work)
      .catch((error: unknown) => tell(title, toPlainError(error).message))
      .finally(() => {
        shown = '';
        update();
      })
      .catch(() => {});
  };
  const actions: TrayActions = {
    connect(id) {
      const title = `Could not connect ${clusterOf(id)?.title ?? id}`;
      act(title, async ({ call }) => {
        const { results, stays = [] } = await call('connect', { clusters: [id] });
        for (const result of results)
          if (result.status === 'failed') tell(title, result.error.message, { kind: 'cluster', id });
          else if (stays.some(({ cluster }) => cluster === id))
            tell(
              `${result.title} is connected`,
              'The current context was not switched: this is a production cluster.',
              { kind: 'cluster', id },
            );
      });
    },
    disconnect: (id) =>
      act(`Could not disconnect ${clusterOf(id)?.title ?? id}`, ({ call }) =>
        call('disconnect', { clusters: [id] }),
      ),
    disconnectAll: () => act('Could not disconnect', ({ call }) => call('disconnect', { clusters: 'all' })),
    retry: (ids) => act('Could not retry', ({ call }) => call('retry', { clusters: [...ids] })),
    use(id) {
      const cluster = clusterOf(id);
      if (cluster === undefined) return;
      act(`Could not switch to ${cluster.title}`, async ({ call }) => {
        if (!(await asksFirst(call('switch', { cluster: id })))) return;
        const answer = await confirmUse(cluster.title);
        if (answer !== undefined) await call('switch', { cluster: id, production: true, ...answer });
      });
    },
    lock: (id) =>
      act(`Could not lock ${clusterOf(id)?.title ?? id}`, ({ call }) => call('lock', { clusters: [id] })),
    openSet(set) {
      const clusters = set.clusters.flatMap((id) => clusterOf(id) ?? []);
      const closed = clusters.filter(
        ({ id, reach }) =>
          reach.kind === 'tunnel' && !snapshot?.tunnels.some(({ cluster }) => cluster === id),
      );
      const ask = () => go({ kind: 'window', at: { kind: 'set', name: set.name } });
      if (closed.length === 0) return ask();
      const title = `Could not open ${set.name}`;
      act(title, async ({ call }) => {
        const connecting = call('connect', { clusters: closed.map(({ id }) => id), origin: 'set' });
        if (await asksFirst(connecting)) return ask();
        for (const result of (await connecting).results)
          if (result.status === 'failed')
            tell(`Could not connect ${result.title}`, result.error.message, {
              kind: 'cluster',
              id: result.cluster,
            });
      });
    },
    openLink,
    discover: () => act('Could not refresh the clusters', ({ call }) => call('discover', {})),
    openWindow: onOpen,
    answer: (id, allow) =>
      act('Could not send your answer', ({ call }) => call('confirmation-answer', { id, allow })),
    openAccounts: () => go({ kind: 'window', at: { kind: 'accounts' } }),
    openSettings: () => go({ kind: 'window', at: { kind: 'settings' } }),
    quit() {
      const open = snapshot?.tunnels.length ?? 0;
      if (snapshot === undefined) onQuit();
      else
        act('k8s-tunnels could not quit', async ({ call }) => {
          if (open > 0 && !(await confirmQuit(open))) return;
          await call('quit', {}).catch(() => {});
          onQuit();
        });
    },
  };

  const repaint = () => {
    const file = picture();
    if (file === pictured) return;
    pictured = file;
    tray.setImage(imageOf(file));
  };
  const update = () => {
    soon = false;
    clearTimeout(timer);
    timer = setTimeout(update, refreshMs);
    repaint();
    // Do not move items under the pointer while the menu is open.
    if (Date.now() < openUntil) return;
    const template = trayMenu({ snapshot, failed, now: Date.now(), actions });
    const text = JSON.stringify(template);
    if (text === shown) return;
    shown = text;
    // On Linux, a menu does not change after it was set.
    const menu = Menu.buildFromTemplate(template);
    menu.on('menu-will-show', () => {
      openUntil = Date.now() + openLimitMs;
    });
    menu.on('menu-will-close', () => {
      openUntil = 0;
      updateSoon();
    });
    tray.setContextMenu(menu);
    tray.setToolTip(toolTip(template, snapshot));
  };
  const updateSoon = () => {
    if (soon) return;
    soon = true;
    clearTimeout(timer);
    timer = setTimeout(update, settleMs);
  };
  update();
  nativeTheme.on('updated', repaint);
  agent.catch((error: unknown) => {
    const { message, hint } = toPlainError(error);
    tell(
      'k8s-tunnels cannot start',
      [message, ...(hint === undefined ? [] : [hint, 'Then start k8s-tunnels again.'])].join(' '),
    );
    failed = true;
    update();
  });
  return {
    show(next, isOfFigures) {
      snapshot = next;
      if (!isOfFigures) updateSoon();
    },
    bounds: () => tray.getBounds(),
  };
}

/** Resolves to whether the agent wants production confirmed first. Rejects with any other error. */
async function asksFirst(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (toPlainError(error).code === 'production-unconfirmed') return true;
    throw error;
  }
}

/** The menu's first line, and the current context if it is production or limited. */
function toolTip(menu: ReturnType<typeof trayMenu>, snapshot: Snapshot | undefined): string {
  const { production, limit } = snapshot?.kubectl ?? {};
  return menu
    .slice(0, production || limit !== undefined ? 2 : 1)
    .map(({ label }) => String(label))
    .join('\n');
}
