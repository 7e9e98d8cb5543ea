import { ipcMain } from 'electron';
import ElectronStore from 'electron-store';
import type { SettingsStore } from '../agent/settings/settings.ts';

/** The same `settings.json` that `openConfStore` opens. */
export function openElectronStore(folder: string): SettingsStore {
  const store = new ElectronStore({ cwd: folder, name: 'settings', configFileMode: 0o600 });
  // It would answer any frame; no page of ours asks.
  ipcMain.removeAllListeners('electron-store-get-data');
  return store;
}
