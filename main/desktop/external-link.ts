import { shell } from 'electron';
import { checkUrl, openUrl } from '../agent/open-url.ts';
import type { Environment, Logger } from '../agent/parts.ts';
import { toPlainError } from '../model/app-error.ts';

/**
 * Opens an address in the user's browser. On Linux the system's way is a program (xdg-open) whose arguments other
 * accounts can read, so it is given a file there; see open-url.ts.
 * Rejects with `url-refused` for what is neither https nor on this computer, with `not-found` when there is no browser.
 */
export async function openExternal(url: string, env: Environment): Promise<void> {
  if (env.BROWSER === undefined && process.platform !== 'linux') await shell.openExternal(checkUrl(url));
  else await openUrl(url, env, (page) => shell.openExternal(page));
}

/** Opens a link of the window or the tray. What may not be opened (a file, a program) is refused and logged. */
export function linkOpener(logger: Logger): (url: string) => void {
  return (url) => {
    openExternal(url, { ...process.env, BROWSER: undefined }).catch((error: unknown) => {
      const { code, message } = toPlainError(error);
      logger.warn('A link was not opened', { code, reason: message });
    });
  };
}
