import { AppError } from './app-error.ts';

/**
 * The shells that a command can be written for. `windows` is for a command of which nobody knows where it is pasted:
 * PowerShell and cmd.exe read its words alike.
 */
export const shells = ['posix', 'powershell', 'cmd', 'windows'] as const;
export type Shell = (typeof shells)[number];

/** What a computer's commands are written for. `platform` is Node's name of it. */
export function shellOf(platform: string): Shell {
  return platform === 'win32' ? 'windows' : 'posix';
}

interface Rules {
  /** Words that the shell and the program behind it take as they are. */
  readonly plain: RegExp;
  /** What no quotes of this shell make safe. */
  readonly refused: RegExp;
  quote(text: string): string;
}

/**
 * A `.` within a word that begins with one hyphen, a comma or a leading `@` mean something to PowerShell:
 * https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_parsing
 */
const plainOnWindows = /^(?:[\w./][\w.:/@=+-]*|--[A-Za-z][\w-]*(?:=[\w.:/@+-]*)?)$/;
const name = { posix: 'A shell', powershell: 'PowerShell', cmd: 'cmd.exe', windows: 'PowerShell or cmd.exe' };

const rules: Readonly<Record<Shell, Rules>> = {
  posix: {
    plain: /^[\w@%+:,./-][\w@%+:,./=-]*$/,
    refused: /(?!)/,
    quote: (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`,
  },
  powershell: {
    plain: plainOnWindows,
    // Before version 7.3 a double quote, a last backslash and an empty word do not reach the program as they are; the
    // others are read once more by cmd.exe where the program is a batch file, as those of Azure and Google are.
    refused: /^$|["&|<>^%!]|\\$/,
    // Typographic quotes end a string too.
    quote: (text) => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`,
  },
  cmd: {
    plain: plainOnWindows,
    // Variables are expanded within quotes, and nothing typed at the prompt keeps them from it.
    refused: /["%!]/,
    quote: (text) => `"${text.replace(/(?<!\\)\\+$/, '$&$&')}"`,
  },
  windows: {
    plain: plainOnWindows,
    refused: /^$|["\u201c-\u201e`$&|<>^%!]|\\$/,
    quote: (text) => `"${text}"`,
  },
};

/**
 * A text as one word of a shell, quoted only where it must be. Throws `bad-input` for a text with control or format
 * characters (a terminal may act on them as they are pasted, quoted or not, and they hide what is run), and for one
 * that the shell has no safe way to write.
 */
export function shellWord(text: string, shell: Shell): string {
  if (/[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(text)) {
    throw new AppError('bad-input', 'It holds control characters, which no command to paste may hold.', {
      hint: 'Change it in the console of its source.',
    });
  }
  const { plain, refused, quote } = rules[shell];
  if (plain.test(text)) return text;
  // `<HOSTNAME>` is ours, for the user to fill in.
  const [character] = refused.exec(text.replace(/<[A-Z_]+>/g, 'x')) ?? [];
  if (character !== undefined) {
    throw new AppError(
      'bad-input',
      `${name[shell]} cannot be given ${character === '' ? 'an empty word' : `a word with ${character}`} safely.`,
      {
        hint: 'Use --shell posix for the command of a POSIX shell, or change it in the console of its source.',
      },
    );
  }
  return quote(text);
}

/** Words that are no option, for a program that would take one for it. Throws `bad-input` where one looks like one. */
export function operand(text: string, shell: Shell): string {
  if (text.startsWith('-')) {
    throw new AppError(
      'bad-input',
      `"${text}" begins with a hyphen, and a command would take it for an option.`,
      {
        hint: 'Change it in the console of its source.',
      },
    );
  }
  return shellWord(text, shell);
}

/** Writes a command for users to run; what stands between the words of the template are operands. */
export type Command = (template: TemplateStringsArray, ...operands: readonly string[]) => string;

/**
 * The template tag for commands in hints: each interpolation becomes one quoted word. Never throws: in place of what
 * cannot be written safely stands `…`, for the user to fill in.
 */
export function commandFor(shell: Shell): Command {
  return (template, ...operands) =>
    template.reduce((line, part, index) => `${line}${shown(operands[index - 1] ?? '', shell)}${part}`);
}

function shown(text: string, shell: Shell): string {
  try {
    return operand(text, shell);
  } catch {
    return '…';
  }
}
