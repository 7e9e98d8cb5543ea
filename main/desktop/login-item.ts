import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { app } from 'electron';
import type { Environment } from '../agent/parts.ts';
import { loginItem } from './login-entry.ts';
import { hiddenFlag } from './starts-hidden.ts';

/**
 * Sets whether the app starts when the user logs in to the computer. macOS and Windows have a list of such apps;
 * elsewhere it is a file in the XDG autostart folder. Calling twice is safe.
 */
export async function setStartAtLogin(on: boolean, { env }: { readonly env: Environment }): Promise<void> {
  // From source, there is no app for the system to start.
  if (!app.isPackaged) return;
  if (process.platform !== 'linux') {
    // Windows passes the arguments. macOS does not: `startsHidden` asks it.
    app.setLoginItemSettings(loginItem(on, process.execPath));
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
  // Use the AppImage's own file: its mount point changes at each start.
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

/** Quotes an argument of Exec by the Desktop Entry specification. */
function quote(argument: string): string {
  return `"${argument.replaceAll('%', '%%').replace(/["`$\\]/g, (sign) => `\\\\${sign}`)}"`;
}
