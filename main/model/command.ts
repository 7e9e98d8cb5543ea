import { commandFor, shellOf } from './shell-word.ts';

/** Template tag for a command to run on this computer. Quotes each interpolation. */
export const command = commandFor(shellOf(process.platform));

/** The same, with a prefix of our own text. */
export function commandLine(begin: string, operands: readonly string[]): string {
  return [begin, ...operands.map((word) => command`${word}`)].join(' ');
}
