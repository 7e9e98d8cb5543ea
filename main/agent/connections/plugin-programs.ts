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

/**
 * Returns a function that resolves with the first of the files that does not exist. Looks at each file once: hundreds of
 * entries name the same programs, and every look wakes the computer.
 */
export function createMissing(): (files: readonly string[]) => Promise<string | undefined> {
  const known = new Map<string, Promise<boolean>>();
  const exists = (file: string): Promise<boolean> => {
    const answer =
      known.get(file) ??
      stat(file).then(
        () => true,
        (error: unknown) => !['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? ''),
      );
    known.set(file, answer);
    return answer;
  };
  return async (files) => {
    for (const file of files) if (!(await exists(file))) return file;
    return undefined;
  };
}
