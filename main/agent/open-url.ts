import { spawn } from 'node:child_process';
import { AppError } from './app-error.ts';
import type { Environment } from './parts.ts';

/**
 * Opens an address in the person's browser: with the first of `BROWSER`'s commands that starts (a colon-separated
 * list, `%s` standing for the address, else it is the last argument), else as the system does it.
 * Rejects with `not-found` when there is no browser.
 */
export async function openUrl(url: string, env: Environment): Promise<void> {
  const separator = process.platform === 'win32' ? ';' : ':';
  for (const command of (env.BROWSER ?? '').split(separator).filter((text) => text.trim() !== '')) {
    if (await start(command.trim().split(/\s+/), url, env)) return;
  }
  const { default: open } = await import('open');
  try {
    await open(url);
  } catch (cause) {
    throw new AppError('not-found', 'No browser could be opened.', {
      hint: 'Open the address by hand, or set BROWSER.',
      cause,
    });
  }
}

function start(words: readonly string[], url: string, env: Environment): Promise<boolean> {
  const [command = '', ...rest] = words.map((word) => word.replaceAll('%s', url));
  const args = words.some((word) => word.includes('%s')) ? rest : [...rest, url];
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true, env });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
