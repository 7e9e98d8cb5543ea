import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** All that a catalog's folder holds, as text. */
export async function catalogText(folder: string): Promise<string> {
  const names = await readdir(folder);
  return (await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')))).join('\n');
}
