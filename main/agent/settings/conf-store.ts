import Conf from 'conf';
import type { SettingsStore } from './settings.ts';
import { parseSettings } from './settings-file.ts';

/** Opens `settings.json` in the settings folder with the library that electron-store is built on. */
export function openConfStore(folder: string): SettingsStore {
  return new Conf<Record<string, unknown>>({
    cwd: folder,
    configName: 'settings',
    configFileMode: 0o600,
    projectName: 'k8s-tunnels',
    deserialize: parseSettings,
  });
}
