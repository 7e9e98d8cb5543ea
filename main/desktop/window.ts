import { BrowserWindow, type Rectangle } from 'electron';
import type { Logger } from '../agent/parts.ts';
import { targetHash, type WindowTarget } from '../api/window-target.ts';
import { toPlainError } from '../model/app-error.ts';
import { origin } from './app-origin.ts';
import type { WindowPosition } from './window-position.ts';

const crashLoopMs = 10_000;

/** The app's one window. */
export interface AppWindow {
  /** Opens the window or brings it to the front, at `target` if given. */
  show(target?: WindowTarget): void;
  toggle(): void;
  /** Called before the app quits. */
  destroy(): void;
  /** Whether the window is visible and focused. */
  isInFront(): boolean;
}

/** Creates the window when it is first shown; closing hides it. */
export function createAppWindow(options: {
  readonly preload: string;
  readonly icon: string;
  readonly logger: Logger;
  /** Opens an address in the user's browser, where that is allowed. */
  readonly openLink: (url: string) => void;
  /** Available once the app is ready; no window opens earlier. */
  readonly position: () => WindowPosition;
  /** Bounds of the tray's icon. */
  readonly trayBounds: () => Rectangle | undefined;
}): AppWindow {
  const { logger } = options;
  let window: BrowserWindow | undefined;
  let crashedAt = Number.NEGATIVE_INFINITY;

  const open = (target: WindowTarget | undefined): BrowserWindow => {
    const opened = openWindow(options, addressOf(target));
    options.position().follow(opened);
    opened.on('close', (event) => {
      event.preventDefault();
      opened.hide();
    });
    opened.webContents.on('render-process-gone', (_event, { reason }) => {
      logger.warn('The window ended', { reason });
      const now = Date.now();
      const again = now - crashedAt > crashLoopMs;
      crashedAt = now;
      // After the event: Electron may crash if the page is replaced during it.
      setImmediate(() => {
        if (opened.isDestroyed()) return;
        // A page that crashes again at once stays closed until the user opens it.
        if (again) opened.webContents.reload();
        else destroy();
      });
    });
    return opened;
  };
  const show = (target?: WindowTarget) => {
    if (window === undefined) window = open(target);
    else {
      // Only the fragment changes, so the page is not reloaded.
      if (target !== undefined) load(window, addressOf(target), logger);
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    }
  };
  const destroy = () => {
    window?.destroy();
    window = undefined;
  };
  return {
    show,
    destroy,
    isInFront: () => window?.isVisible() === true && window.isFocused(),
    toggle() {
      if (window?.isVisible() && window.isFocused()) window.hide();
      else show();
    },
  };
}

function addressOf(target: WindowTarget | undefined): string {
  return `${origin}/${target === undefined ? '' : targetHash(target)}`;
}

function load(window: BrowserWindow, address: string, logger: Logger): void {
  // `render-process-gone` reloads a page that crashes while loading.
  window
    .loadURL(address)
    .catch((error: unknown) =>
      logger.warn('The window could not be loaded', { reason: toPlainError(error).message }),
    );
}

function openWindow(
  { preload, icon, logger, openLink, position, trayBounds }: Parameters<typeof createAppWindow>[0],
  address: string,
): BrowserWindow {
  const window = new BrowserWindow({
    ...position().bounds(trayBounds()),
    minWidth: 360,
    minHeight: 420,
    show: false,
    title: 'k8s-tunnels',
    icon,
    autoHideMenuBar: true,
    fullscreenable: false,
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  const { webContents } = window;
  // It shows one page only: links open in the browser.
  webContents.setWindowOpenHandler(({ url }) => {
    openLink(url);
    return { action: 'deny' };
  });
  webContents.on('will-navigate', (event) => event.preventDefault());
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  window.once('ready-to-show', () => window.show());
  load(window, address, logger);
  return window;
}
