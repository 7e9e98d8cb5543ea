import { AppError } from '../app-error.ts';

/**
 * A text as one word of a POSIX shell, quoted only where it must be. Throws `bad-input` for a text with control or
 * format characters: a terminal may act on them as they are pasted, quoted or not, and they hide what is run.
 */
export function shellWord(text: string): string {
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) {
    throw new AppError('bad-input', 'It holds control characters, which no command to paste may hold.', {
      hint: 'Change it in the console of its source.',
    });
  }
  return /^[\w@%+:,./-][\w@%+:,./=-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Words that are no option, for a program that would take one for it. Throws `bad-input` where one looks like one. */
export function operand(text: string): string {
  if (text.startsWith('-')) {
    throw new AppError(
      'bad-input',
      `"${text}" begins with a hyphen, and a command would take it for an option.`,
      {
        hint: 'Change it in the console of its source.',
      },
    );
  }
  return shellWord(text);
}
