import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../../../agent/parts.ts';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import { isClient } from '../../../model/clients/find-kind.ts';
import type { ClientFacts, FoundClient } from '../facts.ts';
import { javaFiles } from '../projects/java.ts';
import { nodeFiles } from '../projects/node.ts';
import { otherFiles } from '../projects/others.ts';
import type { NamedPackage, ProjectFile } from '../projects/packages.ts';
import { installedPackage, pythonFiles } from '../projects/python.ts';

const kinds: readonly ProjectFile[] = [...pythonFiles, ...nodeFiles, ...javaFiles, ...otherFiles];

/** A repository of several projects is found; the packages that they have installed are not searched. */
const deepest = 3;
const foldersAtMost = 1_000;
const skipped = new Set([
  'node_modules',
  'vendor',
  'target',
  'build',
  'dist',
  'out',
  'venv',
  'site-packages',
]);
/** A lock file of a large project has a few megabytes. */
const bytesAtMost = 20 * 1024 * 1024;

/**
 * Resolves with the clients that the projects in a folder and its subfolders use, by their lock files, and those in an
 * active virtual environment of Python. Rejects with `file-unreadable` if there is no such folder.
 */
export async function findProjects(options: {
  readonly folder: string;
  readonly env: Environment;
  /** Of the home folder, only the folder itself is searched. */
  readonly home: string;
  /** Resolves with what is found until it aborts. */
  readonly signal: AbortSignal;
}): Promise<ClientFacts> {
  const { folder, env, home, signal } = options;
  const depth = folder === home ? 1 : deepest;
  const [files, installed] = await Promise.all([projectFiles(folder, depth, signal), installedIn(env)]);
  const found: FoundClient[] = [...installed];
  const unread: { file: string; reason: string }[] = [];
  for (const { file, kind } of files) {
    if (signal.aborted) break;
    try {
      if ((await stat(file)).size > bytesAtMost) throw new Error('it is longer than 20 MB');
      found.push(...clientsOf(kind.registry, kind.packagesIn(await readFile(file, 'utf8')), file));
    } catch (error) {
      unread.push({
        file,
        reason: errnoOf(error) ?? (error instanceof Error ? error.message : String(error)),
      });
    }
  }
  if (signal.aborted) unread.push({ file: folder, reason: 'not all of it was searched in time' });
  return { found, silent: [], unread };
}

/** Returns the clients among packages, each version once. */
function clientsOf(
  registry: ProjectFile['registry'],
  packages: readonly NamedPackage[],
  where: string,
): readonly FoundClient[] {
  const clients = packages.filter(({ name }) => isClient({ registry, name }));
  const byVersion = new Map(clients.map((one) => [`${one.name} ${one.version ?? ''}`, one]));
  return [...byVersion.values()].map(({ name, version }) => ({ registry, name, version, where }));
}

async function projectFiles(folder: string, depth: number, signal: AbortSignal) {
  const files: { readonly file: string; readonly kind: ProjectFile }[] = [];
  let level = [folder];
  let seen = 0;
  for (let left = depth; left > 0 && level.length > 0 && !signal.aborted; left -= 1) {
    const next: string[] = [];
    for (const one of level) {
      seen += 1;
      if (seen > foldersAtMost || signal.aborted) break;
      for (const entry of await entriesOf(one, one === folder)) {
        const file = path.join(one, entry.name);
        if (entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name)) next.push(file);
        const kind = entry.isFile() ? kinds.find(({ fits }) => fits(entry.name)) : undefined;
        if (kind !== undefined) files.push({ file, kind });
      }
    }
    level = next;
  }
  return files;
}

async function entriesOf(folder: string, isAsked: boolean) {
  try {
    return (await readdir(folder, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    if (!isAsked) return [];
    throw new AppError(
      'file-unreadable',
      `${folder} cannot be read (${errnoOf(cause) ?? 'unknown error'}).`,
      {
        hint: 'Name a folder that exists and that you may read.',
        cause,
      },
    );
  }
}

/** Resolves with the clients in the virtual environment that is active in the shell. */
async function installedIn({ VIRTUAL_ENV: root = '' }: Environment): Promise<readonly FoundClient[]> {
  if (!path.isAbsolute(root)) return [];
  const libraries = path.join(root, process.platform === 'win32' ? 'Lib' : 'lib');
  const versions = process.platform === 'win32' ? ['.'] : await readdir(libraries).catch(() => []);
  const found = versions.map(async (version) => {
    const folder = path.join(libraries, version, 'site-packages');
    const names = await readdir(folder).catch(() => []);
    return clientsOf(
      'pypi',
      names.flatMap((name) => installedPackage(name) ?? []),
      folder,
    );
  });
  return (await Promise.all(found)).flat();
}
