import { ipcMain } from 'electron';
import ElectronStore from 'electron-store';
import type { SettingsStore } from '../agent/settings/settings.ts';

/** Opens the same `settings.json` as `openConfStore`. */
export function openElectronStore(folder: string): SettingsStore {
  const store = new ElectronStore({ cwd: folder, name: 'settings', configFileMode: 0o600 });
  // Electron-store's listener answers any frame, and our pages do not use it.
  ipcMain.removeAllListeners('electron-store-get-data');
  return store;
}
