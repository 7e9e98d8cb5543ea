import { AppError } from '../../model/app-error.ts';
import { assertNever } from '../../model/assert-never.ts';
import type { ShellKind } from './shell-kind.ts';

/** Variables to set, or to remove where undefined. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Returns a text as one literal word of a shell. Throws `bad-input` for control characters: a terminal could act on them. */
export function literal(text: string, shell: ShellKind): string {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
    throw new AppError('bad-input', 'A path or a name has control characters, which no shell is given.');
  switch (shell) {
    case 'bash':
    case 'zsh':
    case 'posix':
      return `'${text.replaceAll("'", String.raw`'\''`)}'`;
    case 'fish':
      // Within single quotes, fish reads only \\ and \'.
      return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
    case 'powershell':
      // Typographic quotes also end a string.
      return `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
    case 'nushell':
      return JSON.stringify(text);
    default:
      return assertNever(shell);
  }
}

/** Returns the text that a shell evaluates to set the variables. For nushell it is a record for `load-env`. */
export function settingText(variables: Variables, shell: ShellKind): string {
  const all = Object.entries(variables);
  switch (shell) {
    case 'bash':
    case 'zsh':
    case 'posix':
      return all
        .map(([name, value]) =>
          value === undefined ? `unset ${name}` : `export ${name}=${literal(value, shell)}`,
        )
        .join('\n');
    case 'fish':
      return all
        .map(([name, value]) =>
          value === undefined ? `set --erase ${name}` : `set -gx ${name} ${literal(value, shell)}`,
        )
        .join('\n');
    case 'powershell':
      return all
        .map(([name, value]) =>
          value === undefined
            ? `Remove-Item -ErrorAction SilentlyContinue Env:${name}`
            : `$env:${name} = ${literal(value, shell)}`,
        )
        .join('\n');
    case 'nushell':
      // A variable that is null is not there for the programs that nushell starts. An empty one would be.
      return JSON.stringify(Object.fromEntries(all.map(([name, value]) => [name, value ?? null])));
    default:
      return assertNever(shell);
  }
}
