import { hiddenFlag } from './starts-hidden.ts';

/**
 * Returns what to give `app.setLoginItemSettings`. Electron writes the path and the arguments to Windows' registry as they
 * are, and Windows takes the words before a space for the program: an unquoted path below `C:\Users\Ada Lovelace`
 * starts `C:\Users\Ada.exe` where there is one.
 */
export function loginItem(
  on: boolean,
  program: string,
  platform: NodeJS.Platform = process.platform,
): { readonly openAtLogin: boolean; readonly path?: string; args: string[] } {
  const path = platform === 'win32' ? { path: `"${program}"` } : {};
  return { openAtLogin: on, ...path, args: [hiddenFlag] };
}
