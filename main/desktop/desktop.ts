import path from 'node:path';
import { app, dialog, ipcMain } from 'electron';
import { type Logger, systemClock } from '../agent/parts.ts';
import { serveIpc } from '../api/ipc/serve.ts';
import { linkAmong, linkScheme } from '../api/link.ts';
import { toPlainError } from '../model/app-error.ts';
import { plural } from '../model/wording.ts';
import { appId, origin } from './app-origin.ts';
import { exitSoon } from './exit-soon.ts';
import { linkOpener } from './external-link.ts';
import { followAgent } from './follow-agent.ts';
import type { Host } from './host-agent.ts';
import { setStartAtLogin } from './login-item.ts';
import { createNotifier } from './notifications/notifier.ts';
import type { Target } from './notifications/text.ts';
import { registerScheme, servePage } from './page.ts';
import { denyPermissions } from './permissions.ts';
import { startsHidden } from './starts-hidden.ts';
import { type AppTray, createTray } from './tray.ts';
import { createAppWindow } from './window.ts';
import { readWindowPosition, type WindowPosition } from './window-position.ts';

/** A hung agent must not keep the app from quitting. */
const endLimitMs = 10_000;
const pageLimitMs = 3_000;

/**
 * Runs the desktop app: a tray and a window, both clients of the agent. Call it before the app is ready. A second start
 * shows the first one's window and ends. A link only ever opens a question in the window.
 */
export function runDesktop(options: {
  /** The folder of the built `main/`, `preload/`, `renderer/` and `tray/`. */
  readonly out: string;
  readonly resources: string;
  /** The folder for the window's saved position. */
  readonly state: string;
  readonly logger: Logger;
  /** Hosts the agent, loaded once the page is ready (or none opens). `onQuit` ends the app. */
  readonly host: (options: { readonly pageReady: Promise<void>; readonly onQuit: () => void }) => Host;
}): void {
  const { out, resources, state, logger } = options;
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  if (process.platform === 'win32') app.setAppUserModelId(appId);
  registerScheme();
  app.enableSandbox();
  const quit = () => app.quit();
  const openLink = linkOpener(logger);
  const pageReady = Promise.withResolvers<void>();
  const host = options.host({ pageReady: pageReady.promise, onQuit: quit });

  app.on('before-quit', (event) => {
    event.preventDefault();
    pageReady.resolve();
    // The next start reopens the tunnels, unless the agent quit on request, which has closed them.
    void Promise.race([host.close(), systemClock.sleep(endLimitMs)]).finally(() => {
      // Do not call `quit` again: Electron may mistake a closing window for one that refuses to close, and stay. Do not
      // exit while there is a window: Electron may wait forever for a hidden one to close.
      window.destroy();
      exitSoon(0);
    });
  });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(signal, quit);

  let position: WindowPosition;
  let tray: AppTray | undefined;
  const window = createAppWindow({
    preload: path.join(out, 'preload', 'index.cjs'),
    icon: path.join(resources, 'icon.png'),
    logger,
    openLink,
    position: () => position,
    trayBounds: () => tray?.bounds(),
  });
  /** The link of the start's arguments, until the window can show it. */
  let waiting = linkAmong(process.argv);
  let isReady = false;
  const showLink = (link: string | undefined) => {
    if (!isReady) waiting = link ?? waiting;
    else window.show(link === undefined ? undefined : { kind: 'link', link });
  };
  app.on('second-instance', (_event, argv) => showLink(linkAmong(argv)));
  // macOS delivers links with this event, also before the app is ready.
  app.on('open-url', (event, url) => {
    event.preventDefault();
    showLink(linkAmong([url]));
  });
  // macOS activates an app that it opens at login too, before the app is ready.
  app.on('activate', () => {
    if (isReady) window.show();
  });
  // Without a listener, Electron quits when the last window closes.
  app.on('window-all-closed', () => {});

  const lastPosition = readWindowPosition({ folder: state, logger });
  const begin = async () => {
    denyPermissions();
    position = await lastPosition;
    servePage(path.join(out, 'renderer'));
    serveIpc({
      ipc: ipcMain,
      origin,
      logger,
      openChannel(listeners) {
        // Only now: the page's script has run, so this process need not serve it while the agent is loaded.
        pageReady.resolve();
        return host.openChannel(listeners);
      },
    });
    let startsAtLogin: boolean | undefined;
    const agent = followAgent({
      openChannel: host.openChannel,
      onState(snapshot, isOfFigures) {
        tray?.show(snapshot, isOfFigures);
        notifier.see(snapshot);
        const { startAtLogin } = snapshot.settings;
        if (startAtLogin === startsAtLogin) return;
        startsAtLogin = startAtLogin;
        setStartAtLogin(startAtLogin, { env: process.env }).catch((error: unknown) =>
          logger.warn('The login item could not be set', { reason: toPlainError(error).message }),
        );
      },
    });
    const go = (target: Target) => {
      if (target.kind === 'window') window.show(target.at);
      else if (target.kind === 'url') openLink(target.url);
      else {
        agent
          .then(({ call }) => call('connect', { clusters: [...target.clusters], mode: 'add' }))
          .catch((error: unknown) => logger.warn('A retry failed', { reason: toPlainError(error).message }));
      }
    };
    const notifier = createNotifier({ isInFront: window.isInFront, go });
    tray = createTray({
      agent,
      pictures: path.join(out, 'tray'),
      confirmUse,
      confirmQuit,
      go,
      openLink,
      onClick: () => window.toggle(),
      onOpen: () => window.show(),
      onQuit: quit,
    });
    isReady = true;
    const isHidden = startsHidden({
      argv: process.argv,
      platform: process.platform,
      wasOpenedAtLogin: () => app.getLoginItemSettings().wasOpenedAtLogin,
    });
    if (waiting !== undefined || !isHidden) showLink(waiting);
    else pageReady.resolve();
    // A page that does not come must not keep the agent from starting.
    setTimeout(pageReady.resolve, pageLimitMs);
    await pageReady.promise;
    // Only for an installed app: a development build would take over its links. Linux runs a program for it, and waits.
    if (app.isPackaged) app.setAsDefaultProtocolClient(linkScheme);
  };
  // No top-level await: Electron becomes ready only after this module was evaluated.
  app
    .whenReady()
    .then(begin)
    .catch((error: unknown) => {
      logger.error('The app ends: it cannot be shown', { reason: toPlainError(error).message });
      exitSoon(1);
    });
}

const limitMinutes = 30;

async function confirmUse(title: string): Promise<{ readonly minutes?: number } | undefined> {
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message: `Switch the current context to ${title}?`,
    detail: 'This is a production cluster. Every kubectl command without --context will run against it.',
    buttons: [
      plural(limitMinutes, { one: 'Switch for # minute', other: 'Switch for # minutes' }),
      'Switch to production',
      'Cancel',
    ],
    defaultId: 2,
    cancelId: 2,
  });
  if (response === 2) return undefined;
  return response === 0 ? { minutes: limitMinutes } : {};
}

async function confirmQuit(open: number): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: plural(open, {
      one: 'Disconnect # cluster and quit?',
      other: 'Disconnect # clusters and quit?',
    }),
    detail: 'kubectl reaches these clusters through k8s-tunnels.',
    buttons: ['Disconnect and quit', 'Cancel'],
    defaultId: 0,
    cancelId: 1,
  });
  return response === 0;
}
