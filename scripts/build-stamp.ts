import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

const settings = [
  'electron.vite.config.ts',
  'package.json',
  'package-lock.json',
  'resources/cloudflared.lock.json',
];
const sources = ['main', 'preload', 'renderer', 'scripts', ...settings];
const outputs = [
  'out/cli',
  'out/agent',
  'out/plan',
  'out/main',
  'out/preload',
  'out/renderer',
  'out/tray',
  'out/licences',
];

/** Lists names, sizes and times of all files. Cheaper than reading them, and an edit changes the size or the time. */
async function fingerprint(root: string, places: readonly string[]): Promise<string> {
  const look = async (place: string): Promise<string[]> => {
    const info = await stat(place).catch(() => undefined);
    if (info === undefined) return [`${place} missing`];
    if (!info.isDirectory()) return [`${place} ${info.size} ${info.mtimeMs}`];
    const names = (await readdir(place)).sort();
    return (await Promise.all(names.map((name) => look(path.join(place, name))))).flat();
  };
  return (await Promise.all(places.map((place) => look(path.join(root, place))))).flat().join('\n');
}

const stampOf = (root: string) => path.join(root, 'out', 'build-stamp.json');

/** Resolves with true if no source, lock file or output has changed since the last build. */
export async function isBuilt(root: string): Promise<boolean> {
  const known = await readFile(stampOf(root), 'utf8').catch(() => '');
  return known === JSON.stringify([await fingerprint(root, sources), await fingerprint(root, outputs)]);
}

/** Begins a build. Resolves with a function that records its end. Edits in between are built the next time. */
export async function startStamp(root: string): Promise<() => Promise<void>> {
  const built = await fingerprint(root, sources);
  await rm(stampOf(root), { force: true });
  return async () => writeFile(stampOf(root), JSON.stringify([built, await fingerprint(root, outputs)]));
}
