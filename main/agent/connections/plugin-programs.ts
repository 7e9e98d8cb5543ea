import { stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../model/app-error.ts';

/** Returns the files in a command that kubectl runs for a credential: the program, and the script that it runs. */
export function programsOf(words: readonly string[]): readonly string[] {
  return ownWords(words).filter((word) => path.isAbsolute(word));
}

/** Returns the words of such a command that start k8s-tunnels: those before `credential`. */
export function ownWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf('credential');
  return words.slice(0, end < 0 ? words.length : end);
}

/** Resolves with the first of the files that does not exist. */
export async function missingOf(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const exists = await stat(file).then(
      () => true,
      (error: unknown) => !['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? ''),
    );
    if (!exists) return file;
  }
  return undefined;
}
