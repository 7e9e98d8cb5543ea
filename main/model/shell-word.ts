import { AppError } from './app-error.ts';

/**
 * The shells that a command can be quoted for. `windows` is for a command that may be pasted into PowerShell or
 * cmd.exe: both read its words alike.
 */
export const shells = ['posix', 'powershell', 'cmd', 'windows'] as const;
export type Shell = (typeof shells)[number];

/** Returns the default shell of a platform, as Node names it. */
export function shellOf(platform: string): Shell {
  return platform === 'win32' ? 'windows' : 'posix';
}

interface Rules {
  /** Matches words that the shell and the program read literally. */
  readonly plain: RegExp;
  /** Matches what no quotes of this shell make safe. */
  readonly refused: RegExp;
  quote(text: string): string;
}

/**
 * Matches words that need no quotes. Excludes what PowerShell interprets: a `.` within a word that begins with one
 * hyphen, a comma, or a leading `@`:
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
    // Before version 7.3, PowerShell changes a double quote, a trailing backslash and an empty word. cmd.exe parses the
    // others again if the program is a batch file, as those of Azure and Google are.
    refused: /^$|["&|<>^%!]|\\$/,
    // Typographic quotes also end a string.
    quote: (text) => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`,
  },
  cmd: {
    plain: plainOnWindows,
    // cmd.exe expands variables within quotes, and the prompt has no escape for that.
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
 * Returns a text as one word of a shell, quoted only if needed. Throws `bad-input` for a text with control or format
 * characters (a terminal may act on them when pasted, even quoted, and they hide what is run), and for one that the
 * shell cannot quote safely.
 */
export function shellWord(text: string, shell: Shell): string {
  if (/[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(text)) {
    throw new AppError('bad-input', 'It has control characters, which are not safe in a command to paste.', {
      hint: 'Change it in the console of its source.',
    });
  }
  const { plain, refused, quote } = rules[shell];
  if (plain.test(text)) return text;
  // `<HOSTNAME>` is our placeholder for the user to fill in.
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

/** Returns the words as operands. Throws `bad-input` for one that the program would parse as an option. */
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

/** Formats a command for users to run. The interpolations of the template are operands. */
export type Command = (template: TemplateStringsArray, ...operands: readonly string[]) => string;

/**
 * Returns the template tag for commands in hints: quotes each interpolation as one word. Never throws: writes `…`, for
 * the user to fill in, instead of a word that cannot be quoted safely.
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
