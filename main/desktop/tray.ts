import { Menu, Notification, nativeImage, Tray } from 'electron';
import type { Snapshot } from '../agent/agent-view.ts';
import { toPlainError } from '../agent/app-error.ts';
import type { ClusterId } from '../agent/catalog/cluster.ts';
import { isGuarded } from '../agent/catalog/is-production.ts';
import { redact } from '../agent/redaction/redact.ts';
import type { AgentClient } from '../api/conversation.ts';
import { openExternalLink } from './external-link.ts';
import { type TrayActions, trayMenu } from './tray-menu.ts';

/** Changes come in bursts; a menu is rebuilt once for those of so long. */
const settleMs = 50;
/** How long a sign-in still lasts is told in minutes. */
const refreshMs = 20_000;

/** Shows the agent's state until the app ends. */
export interface AppTray {
  show(snapshot: Snapshot): void;
}

export function createTray(options: {
  readonly icon: string;
  /** Rejects when the agent cannot start. */
  readonly agent: Promise<AgentClient>;
  /** Asks before a production cluster becomes kubectl's current one. */
  readonly confirmUse: (title: string) => Promise<boolean>;
  readonly onClick: () => void;
  readonly onOpen: () => void;
  /** Ends the app where the agent cannot. */
  readonly onQuit: () => void;
}): AppTray {
  const { icon, agent, confirmUse, onClick, onOpen, onQuit } = options;
  const image = nativeImage.createFromPath(icon);
  if (process.platform === 'darwin') image.setTemplateImage(true);
  const tray = new Tray(image);
  tray.setToolTip('k8s-tunnels');
  tray.on('click', onClick);

  let snapshot: Snapshot | undefined;
  let failed = false;
  let shown = '';
  let timer: NodeJS.Timeout | undefined;
  let soon = false;

  const clusterOf = (id: ClusterId) => snapshot?.clusters.find((cluster) => cluster.id === id);
  const tell = (title: string, body: string) => {
    if (!Notification.isSupported()) return;
    const notification = new Notification({ title: redact(title), body: redact(body) });
    notification.on('click', onOpen);
    notification.show();
  };
  /** A click has changed the item's mark already, whether it comes true or not: what is shown must be built anew. */
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
      const cluster = clusterOf(id);
      const title = `${cluster?.title ?? id} was not connected`;
      act(title, async ({ call }) => {
        // Production never becomes current by itself: that is asked for apart.
        const mode =
          cluster !== undefined && isGuarded(cluster, snapshot?.organisation) ? { mode: 'add' as const } : {};
        const { results } = await call('connect', { clusters: [id], ...mode });
        for (const result of results) if (result.status === 'failed') tell(title, result.error.message);
      });
    },
    disconnect: (id) =>
      act(`${clusterOf(id)?.title ?? id} was not disconnected`, ({ call }) =>
        call('disconnect', { clusters: [id] }),
      ),
    use(id) {
      const cluster = clusterOf(id);
      if (cluster === undefined) return;
      act(`kubectl was not moved to ${cluster.title}`, async ({ call }) => {
        const guarded = isGuarded(cluster, snapshot?.organisation);
        if (guarded && !(await confirmUse(cluster.title))) return;
        await call('switch', { cluster: id, ...(guarded ? { production: true } : {}) });
      });
    },
    openLink: (url) => void openExternalLink(url),
    discover: () => act('Discovery failed', ({ call }) => call('discover', {})),
    openWindow: onOpen,
    quit() {
      if (snapshot === undefined) onQuit();
      else agent.then(({ call }) => call('quit', {})).then(onQuit, onQuit);
    },
  };

  const update = () => {
    soon = false;
    clearTimeout(timer);
    timer = setTimeout(update, refreshMs);
    const template = trayMenu({ snapshot, failed, now: Date.now(), actions });
    const text = JSON.stringify(template);
    if (text === shown) return;
    shown = text;
    // On Linux a menu that was set does not change by itself.
    tray.setContextMenu(Menu.buildFromTemplate(template));
    tray.setToolTip(String(template[0]?.label));
  };
  const updateSoon = () => {
    if (soon) return;
    soon = true;
    clearTimeout(timer);
    timer = setTimeout(update, settleMs);
  };
  update();
  agent.catch((error: unknown) => {
    const { message, hint } = toPlainError(error);
    tell(
      'k8s-tunnels cannot start',
      [message, ...(hint === undefined ? [] : [hint, 'Then start it again.'])].join(' '),
    );
    failed = true;
    update();
  });
  return {
    show(next) {
      snapshot = next;
      updateSoon();
    },
  };
}
