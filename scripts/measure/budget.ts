import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { fileSizes } from './sizes.ts';
import { readSources } from './sources.ts';

/** How many lines a product file has at most, unless it is listed. */
export const mostLines = 250;

/** The folders that the product is made of. */
export const productFolders = ['main', 'preload', 'renderer', 'resources/worker/src'] as const;

/** `test/size-budget.json`. */
export interface Budget {
  /** Files that have more lines than `mostLines`, and how many. The list only gets shorter, its numbers smaller. */
  readonly files: Readonly<Record<string, number>>;
  /** kB of the built command line, and of the window's scripts and styles as they are sent. */
  readonly bundles: { readonly cliKb: number; readonly windowGzipKb: number };
}

/** Product files of `from` with more than `mostLines`, by path. */
export async function longFiles(from: string): Promise<ReadonlyMap<string, number>> {
  const sizes = fileSizes(await readSources(from, productFolders));
  return new Map(sizes.filter(({ lines }) => lines > mostLines).map(({ name, lines }) => [name, lines]));
}

/** The sizes of what is built in `out`, in kB of 1,000 bytes. Rejects where nothing is. */
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
