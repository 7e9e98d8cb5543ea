/**
 * A double of Electron's main-process module. It knows what the app uses and nothing else: a missing export is a link
 * error, an unknown event or option throws. Each window is a page of a headless Chromium; see browser.ts.
 * Not covered: context isolation, the sandbox, a real tray, a real keychain.
 */
import { app } from './app.ts';
import { answerTests } from './control.ts';
import { dialog } from './dialog.ts';
import { ipcMain } from './ipc.ts';
import { protocol } from './protocol.ts';
import { safeStorage } from './safe-storage.ts';
import { screen } from './screen.ts';
import { session } from './session.ts';
import { shell } from './shell.ts';
import { Menu, Notification, nativeImage, nativeTheme, Tray } from './tray.ts';
import { BrowserWindow } from './window.ts';

answerTests();

export {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  Notification,
  nativeImage,
  nativeTheme,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
};
// biome-ignore lint/style/noDefaultExport: electron-store imports the whole module by it, as Electron allows.
export default { app, ipcMain, shell };
