import { createHash } from 'node:crypto';
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './areas.ts';
import type { Outcome } from './runner.ts';

const folder = path.join(root, 'node_modules', '.cache', 'mutation');

/** What says nothing of the tests: the tests themselves, each of which counts for itself, and how mutants are judged. */
const other = /\.test\.ts$|^test.mutation.(?!reach|transform|mutants)/;

/** What earlier runs found out about files of tests. Nothing is known of one that has changed, or whose code has. */
export interface Measured {
  read(file: string): Promise<Outcome | undefined>;
  write(file: string, outcome: Outcome): Promise<void>;
}

export async function createMeasured(): Promise<Measured> {
  const code = createHash('sha256');
  const files: string[] = [];
  for await (const file of glob('{main,test}/**/*.ts', { cwd: root })) files.push(file);
  for (const file of files.sort((one, other) => (one < other ? -1 : 1)))
    if (!other.test(file)) code.update(file).update(await readFile(path.join(root, file)));
  const common = code.digest('hex');
  await mkdir(folder, { recursive: true });
  const placeOf = async (file: string) => {
    const text = await readFile(path.join(root, file));
    return path.join(
      folder,
      `${createHash('sha256').update(common).update(file).update(text).digest('hex')}.json`,
    );
  };
  return {
    read: async (file) =>
      readFile(await placeOf(file), 'utf8').then(
        (text): Outcome => JSON.parse(text),
        () => undefined,
      ),
    write: async (file, outcome) => writeFile(await placeOf(file), JSON.stringify(outcome)),
  };
}
