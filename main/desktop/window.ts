import { BrowserWindow, type Rectangle } from 'electron';
import type { Logger } from '../agent/parts.ts';
import { type Place, placeHash } from '../api/place.ts';
import { toPlainError } from '../model/app-error.ts';
import { origin } from './app-origin.ts';
import type { WindowPlace } from './window-place.ts';

const crashLoopMs = 10_000;

/** The app's one window. */
export interface AppWindow {
  /** Opens it, or brings it to the front; there, where a place is given. */
  show(place?: Place): void;
  toggle(): void;
  /** Before the end of the app. */
  destroy(): void;
  /** Whether the person looks at it. */
  isInFront(): boolean;
}

/** Made when it is first shown; closing it hides it. */
export function createAppWindow(options: {
  readonly preload: string;
  readonly icon: string;
  readonly logger: Logger;
  /** Opens an address in the user's browser, where that is allowed. */
  readonly openLink: (url: string) => void;
  /** Known when the app is ready, which no window comes before. */
  readonly place: () => WindowPlace;
  /** Where the tray's icon is. */
  readonly trayBounds: () => Rectangle | undefined;
}): AppWindow {
  const { logger } = options;
  let window: BrowserWindow | undefined;
  let crashedAt = Number.NEGATIVE_INFINITY;

  const open = (place: Place | undefined): BrowserWindow => {
    const opened = openWindow(options, addressOf(place));
    options.place().follow(opened);
    opened.on('close', (event) => {
      event.preventDefault();
      opened.hide();
    });
    opened.webContents.on('render-process-gone', (_event, { reason }) => {
      logger.warn('The window ended', { reason });
      const now = Date.now();
      const again = now - crashedAt > crashLoopMs;
      crashedAt = now;
      // Not before the event is over: Electron may crash when the page is replaced in the middle of it.
      setImmediate(() => {
        if (opened.isDestroyed()) return;
        // One that ends at once again stays closed until the person opens it.
        if (again) opened.webContents.reload();
        else destroy();
      });
    });
    return opened;
  };
  const show = (place?: Place) => {
    if (window === undefined) window = open(place);
    else {
      // Only the fragment changes: the page stays, and goes there.
      if (place !== undefined) load(window, addressOf(place), logger);
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

function addressOf(place: Place | undefined): string {
  return `${origin}/${place === undefined ? '' : placeHash(place)}`;
}

function load(window: BrowserWindow, address: string, logger: Logger): void {
  // A page that dies while it loads is loaded again by `render-process-gone`.
  window
    .loadURL(address)
    .catch((error: unknown) =>
      logger.warn('The window could not be loaded', { reason: toPlainError(error).message }),
    );
}

function openWindow(
  { preload, icon, logger, openLink, place, trayBounds }: Parameters<typeof createAppWindow>[0],
  address: string,
): BrowserWindow {
  const window = new BrowserWindow({
    ...place().bounds(trayBounds()),
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
  // It shows one page, for ever: links leave it for the browser.
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
