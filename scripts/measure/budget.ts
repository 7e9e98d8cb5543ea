import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { fileSizes } from './sizes.ts';
import { readSources } from './sources.ts';

/** The most lines of a product file that is not listed. */
export const mostLines = 250;

/** The product's folders. */
export const productFolders = ['main', 'preload', 'renderer', 'resources/worker/src'] as const;

/** The content of `test/size-budget.json`. */
export interface Budget {
  /** Files with more than `mostLines` lines, and their limits. Remove files and lower numbers only. */
  readonly files: Readonly<Record<string, number>>;
  /** The size in kB of the built command line, and of the window's scripts and styles compressed. */
  readonly bundles: { readonly cliKb: number; readonly windowGzipKb: number };
}

/** Resolves with the product files of `from` with more than `mostLines` lines, by path. */
export async function longFiles(from: string): Promise<ReadonlyMap<string, number>> {
  const sizes = fileSizes(await readSources(from, productFolders));
  return new Map(sizes.filter(({ lines }) => lines > mostLines).map(({ name, lines }) => [name, lines]));
}

/** Resolves with the sizes of the built `out`, in kB of 1,000 bytes. Rejects without a build. */
export async function bundleSizes(from: string): Promise<Budget['bundles']> {
  const cli = await filesIn(path.join(from, 'out/cli'));
  const assets = await filesIn(path.join(from, 'out/renderer/assets'));
  const sent = assets.filter(({ name }) => /\.(js|css)$/.test(name));
  const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, 0) / 1_000;
  return {
    cliKb: sum(cli.map(({ bytes }) => bytes.length)),
    windowGzipKb: sum(sent.map(({ bytes }) => gzipSync(bytes).length)),
  };
}

async function filesIn(
  folder: string,
): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]> {
  const names = await readdir(folder);
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(path.join(folder, name)) })));
}
