import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { keyOf, run } from './program.ts';

/** Resolves with a folder with the `node_modules` of a `package.json`, as its lock file pins them. */
export async function nodePackages(source: string): Promise<string> {
  const files = ['package.json', 'package-lock.json'].map((name) => path.join(source, name));
  const name = `node-${keyOf(...(await Promise.all(files.map((file) => readFile(file)))))}`;
  return cached(name, async (folder) => {
    for (const file of files) await copyFile(file, path.join(folder, path.basename(file)));
    await run('npm', ['ci', '--silent', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  });
}
