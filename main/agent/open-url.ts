import { ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../model/app-error.ts';
import type { Environment } from './parts.ts';
import { pathsFrom } from './paths.ts';

/** Lifetime of the redirect page, ms: as long as the address that it leads to can be used. */
const fileLifetimeMs = 5 * 60_000;
const prefix = 'k8s-tunnels-open-';
/** Programs that pass the page on to a running browser end sooner; one that goes on is the browser itself. */
const failsWithinMs = 2_000;

/** The folders of this process that still exist. */
const folders = new Set<string>();
let isRemovedAtExit = false;

/**
 * Opens an address in the user's browser: with the first command of `BROWSER` that starts (a colon-separated list; `%s`
 * is replaced by the address, otherwise the address is the last argument), else as `openWithSystem` does. A login
 * address holds secrets, and other accounts on the computer can read a program's arguments. So the browser is given a
 * page on disk, readable only by the user, that redirects to the address. Waits for at most two seconds to see whether
 * the program fails, and tries the next one then. Rejects with `url-refused` as `checkUrl` does, or with `not-found`
 * when no browser opens.
 */
export async function openUrl(
  url: string,
  env: Environment,
  openWithSystem: (url: string) => Promise<unknown> = async (file) => (await import('open')).default(file),
): Promise<void> {
  const page = pathToFileURL(await writePage(checkUrl(url), env)).href;
  const separator = process.platform === 'win32' ? ';' : ':';
  const failures: string[] = [];
  for (const command of (env.BROWSER ?? '').split(separator).filter((text) => text.trim() !== '')) {
    const failure = await start(command.trim().split(/\s+/), page, env);
    if (failure === undefined) return;
    failures.push(failure);
  }
  let cause: unknown;
  try {
    const child = await openWithSystem(page);
    const code = child instanceof ChildProcess ? await failureOf(child) : undefined;
    if (code === undefined) return;
    failures.push(`${programOf(child)} failed with exit code ${code}`);
  } catch (error) {
    cause = error;
  }
  const why = failures.length === 0 ? '' : `: ${failures.join(', ')}`;
  throw new AppError('not-found', `No browser could be opened${why}.`, {
    hint: 'Open the address by hand, or set BROWSER to the command of your browser and start the agent again.',
    cause,
  });
}

/**
 * Returns the address in the form that a browser opens. Addresses come from servers that may be hostile, so it allows
 * only https, or http on this computer, and no user name or password, which would make one host look like another.
 * Throws `url-refused`. The message does not repeat the address, which may hold a secret.
 */
export function checkUrl(text: string): string {
  const url = URL.parse(text);
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '');
  const isWeb = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback);
  if (url !== null && isWeb && url.username === '' && url.password === '') return url.href;
  const what = url === null ? 'an invalid address' : `an address that begins with ${url.protocol}`;
  throw new AppError(
    'url-refused',
    url !== null && isWeb
      ? `An address of ${url.host} was not opened: it holds a user name or a password.`
      : `The browser was not opened for ${what}; only https:// is allowed.`,
    { hint: 'Check the address of the server that asked for it, or ask its administrator.' },
  );
}

/** Writes the redirect page. The file is removed after a while, and when this process ends. */
async function writePage(url: string, env: Environment): Promise<string> {
  const { home, state } = pathsFrom(env);
  // On Linux, a sandboxed browser may read only non-hidden folders of the user's home.
  const place = process.platform === 'linux' ? home : state;
  await removeOld(place);
  const folder = await mkdtemp(path.join(place, prefix));
  if (!isRemovedAtExit) process.once('exit', removeAll);
  isRemovedAtExit = true;
  folders.add(folder);
  setTimeout(() => {
    folders.delete(folder);
    rm(folder, { recursive: true, force: true }).catch(() => {});
  }, fileLifetimeMs).unref();
  const file = path.join(folder, 'open.html');
  await writeFile(file, pageTo(url), { mode: 0o600 });
  return file;
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Removes the folders that a killed agent left behind. */
async function removeOld(place: string): Promise<void> {
  const names = await readdir(place).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    const folder = path.join(place, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > fileLifetimeMs)
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Returns a page that redirects to an address at once. */
function pageTo(url: string): string {
  const escaped = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=${escaped}"><title>k8s-tunnels</title>\n`;
}

/** Resolves with the reason if the program does not start or fails soon. */
function start(words: readonly string[], url: string, env: Environment): Promise<string | undefined> {
  const [command = '', ...rest] = words.map((word) => word.replaceAll('%s', url));
  const args = words.some((word) => word.includes('%s')) ? rest : [...rest, url];
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true, env });
    child.once('error', () => resolve(`${path.basename(command)} could not be started`));
    child.once('spawn', async () => {
      child.unref();
      const code = await failureOf(child);
      resolve(code === undefined ? undefined : `${path.basename(command)} failed with exit code ${code}`);
    });
  });
}

/** Resolves with the exit code of a program that fails within two seconds. */
function failureOf(child: ChildProcess): Promise<number | undefined> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode === 0 ? undefined : child.exitCode);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), failsWithinMs);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0 || code === null ? undefined : code);
    });
  });
}

function programOf(child: unknown): string {
  return child instanceof ChildProcess ? path.basename(child.spawnfile) : 'the system';
}
