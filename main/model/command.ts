import { commandFor, shellOf } from './shell-word.ts';

/** The template tag for a command that users of this computer are told to run: quotes what is put into it. */
export const command = commandFor(shellOf(process.platform));

/** The same for a command whose beginning is chosen elsewhere, from our own text. */
export function commandLine(begin: string, operands: readonly string[]): string {
  return [begin, ...operands.map((word) => command`${word}`)].join(' ');
}
