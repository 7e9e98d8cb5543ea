import { shell } from 'electron';
import { checkUrl, openUrl } from '../agent/open-url.ts';
import type { Environment, Logger } from '../agent/parts.ts';
import { toPlainError } from '../model/app-error.ts';

/**
 * Opens an address in the user's browser. On Linux, passes a file instead, because other accounts can read the
 * arguments of the system's program (xdg-open); see open-url.ts.
 * Rejects with `url-refused` for an address that is neither https nor on this computer, and with `not-found` without a
 * browser.
 */
export async function openExternal(url: string, env: Environment): Promise<void> {
  if (env.BROWSER === undefined && process.platform !== 'linux') await shell.openExternal(checkUrl(url));
  else await openUrl(url, env, (page) => shell.openExternal(page));
}

/** Returns a function that opens links of the window and the tray. Denies and logs others (a file, a program). */
export function linkOpener(logger: Logger): (url: string) => void {
  return (url) => {
    openExternal(url, { ...process.env, BROWSER: undefined }).catch((error: unknown) => {
      const { code, message } = toPlainError(error);
      logger.warn('A link was not opened', { code, reason: message });
    });
  };
}
