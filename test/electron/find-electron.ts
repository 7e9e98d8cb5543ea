import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..', '..');

/** The oldest Electron that the app runs in, with shims. */
const oldest = 25;

/** Why the real Electron cannot run here. */
export class NoElectron extends Error {
  override readonly name = 'NoElectron';
}

/** The folder of a real Electron. */
export interface RealElectron {
  /**
   * `current`: the version that the app is made for, or a newer one; it runs the app as built. `older`: it runs a bundle
   * for its Node and its Chromium, with shims.
   */
  readonly kind: 'current' | 'older';
  readonly dist: string;
  readonly version: string;
  /** Why Chromium's sandbox cannot be on, if it cannot. */
  readonly noSandbox: string | undefined;
}

/**
 * Finds a real Electron: in node_modules where it was downloaded, else where ELECTRON_OVERRIDE_DIST_PATH or
 * K8S_TUNNELS_ELECTRON_DIST names one. Rejects with `NoElectron` where there is none, or what it needs is missing.
 */
export async function findElectron(): Promise<RealElectron> {
  if (process.platform !== 'linux')
    throw new NoElectron('the tray and the notifications are looked at over D-Bus, so on Linux only');
  for (const tool of ['xvfb-run', 'dbus-run-session']) {
    await run('sh', ['-c', 'command -v "$0"', tool]).catch(() => {
      throw new NoElectron(`${tool} is not installed`);
    });
  }
  // Loaded by Electron when it runs, so `ldd` does not name it.
  const { stdout: libraries } = await run('/sbin/ldconfig', ['-p']);
  if (!libraries.includes('libnotify.so.4 ')) throw new NoElectron('no libnotify.so.4 is installed');
  const electron = path.join(root, 'node_modules', 'electron');
  const { ELECTRON_OVERRIDE_DIST_PATH: override = '', K8S_TUNNELS_ELECTRON_DIST: named = '' } = process.env;
  const folders = [path.join(electron, 'dist'), override, named].filter((one) => one !== '');
  const found = (await Promise.all(folders.map(versionIn))).flatMap((one) => one ?? []);
  const [best] = found.toSorted((a, b) => majorOf(b.version) - majorOf(a.version));
  if (best === undefined)
    throw new NoElectron(`none is in ${folders.join(' or ')}, and K8S_TUNNELS_ELECTRON_DIST names none`);
  if (majorOf(best.version) < oldest)
    throw new NoElectron(`the one in ${best.dist} is ${best.version}, and the app needs ${oldest} or later`);
  const { stdout } = await run('ldd', [path.join(best.dist, 'electron')]);
  const missing = stdout.split('\n').filter((line) => line.includes('not found'));
  if (missing.length > 0)
    throw new NoElectron(
      `libraries are missing: ${missing.map((line) => line.trim().split(' ')[0]).join(', ')}`,
    );
  const wanted = JSON.parse(await readFile(path.join(electron, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return {
    ...best,
    kind: majorOf(best.version) >= majorOf(wanted.version) ? 'current' : 'older',
    noSandbox: await withoutSandbox(),
  };
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

async function versionIn(dist: string): Promise<{ dist: string; version: string } | undefined> {
  const text = await readFile(path.join(dist, 'version'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : { dist, version: text.trim().replace(/^v/, '') };
}

/** Its helper belongs to root in an installed app only, so that here the sandbox needs user namespaces. */
async function withoutSandbox(): Promise<string | undefined> {
  if (process.getuid?.() === 0) return 'it cannot run as root';
  return await run('unshare', ['--user', '--map-root-user', 'true']).then(
    () => undefined,
    () => 'this user may not create user namespaces',
  );
}
