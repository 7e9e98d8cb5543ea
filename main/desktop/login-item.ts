import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { app } from 'electron';
import type { Environment } from '../agent/parts.ts';

/** The argument with which the app starts without its window. */
export const hiddenFlag = '--hidden';

/**
 * Makes the app start when the person logs in to the computer, or not. macOS and Windows keep the list themselves;
 * elsewhere it is a file in the XDG autostart folder. Calling twice is safe.
 */
export async function setStartAtLogin(on: boolean, { env }: { readonly env: Environment }): Promise<void> {
  // From source there is no app that the system could start.
  if (!app.isPackaged) return;
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: on, args: [hiddenFlag] });
    return;
  }
  const { XDG_CONFIG_HOME: xdg = '' } = env;
  const folder = path.isAbsolute(xdg) ? xdg : path.join(app.getPath('home'), '.config');
  const file = path.join(folder, 'autostart', 'k8s-tunnels.desktop');
  if (!on) {
    await rm(file, { force: true });
    return;
  }
  await mkdir(path.dirname(file), { recursive: true });
  // An AppImage mounts itself elsewhere at each start: its own file is what lasts.
  const program = env.APPIMAGE ?? process.execPath;
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=k8s-tunnels',
    `Exec=${quote(program)} ${hiddenFlag}`,
    'X-GNOME-Autostart-enabled=true',
    '',
  ];
  await writeFile(file, lines.join('\n'));
}

/** As the Desktop Entry specification quotes an argument of Exec. */
function quote(argument: string): string {
  return `"${argument.replaceAll('%', '%%').replace(/["`$\\]/g, (sign) => `\\\\${sign}`)}"`;
}
