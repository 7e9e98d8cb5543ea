import { operand, type Shell, shellWord } from '../../model/shell-word.ts';

/** Tags to set and to remove, by keys and values as the source stores them. */
export interface KeyChange {
  readonly set: readonly (readonly [key: string, value: string])[];
  readonly remove: readonly (readonly [key: string, value: string | undefined])[];
}

/** Builds a command from our words, our options with a value (`--project=…`), and values, which are no options. */
export type Line = (words: readonly Word[]) => string;
export type Word = string | { readonly value: string };

function wordOf(word: Word, shell: Shell): string {
  return typeof word === 'string' ? shellWord(word, shell) : operand(word.value, shell);
}

export function values(texts: readonly string[]): readonly Word[] {
  return texts.map((value) => ({ value }));
}

/** Returns what writes commands for a shell. */
export function lineFor(shell: Shell): Line {
  return (words) => words.map((word) => wordOf(word, shell)).join(' ');
}

/** Returns JSON with only printable characters. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) =>
    found
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
