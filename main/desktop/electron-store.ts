import { ipcMain } from 'electron';
import ElectronStore from 'electron-store';
import type { SettingsStore } from '../agent/settings/settings.ts';
import { parseSettings } from '../agent/settings/settings-file.ts';

/** Opens the same `settings.json` as `openConfStore`. */
export function openElectronStore(folder: string): SettingsStore {
  const store = new ElectronStore({
    cwd: folder,
    name: 'settings',
    configFileMode: 0o600,
    deserialize: parseSettings,
  });
  // Electron-store's listener answers any frame, and our pages do not use it.
  ipcMain.removeAllListeners('electron-store-get-data');
  return store;
}
