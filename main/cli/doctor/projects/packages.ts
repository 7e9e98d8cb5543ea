import type { ClientPackage } from '../../../model/clients/client-kind.ts';

/** A package that a file of a project names. */
export interface NamedPackage {
  readonly name: string;
  /** Undefined where the file does not fix it. */
  readonly version?: string | undefined;
}

/** A kind of file that names the packages of a project. */
export interface ProjectFile {
  readonly registry: ClientPackage['registry'];
  /** Returns true for a file's name. */
  readonly fits: (name: string) => boolean;
  /** Returns the packages that the text names. Throws if it is not what its name says. */
  readonly packagesIn: (text: string) => readonly NamedPackage[];
}

/** Returns a test for a name. */
export function called(...names: readonly string[]): (name: string) => boolean {
  return (name) => names.includes(name);
}

/** Removes the quotes around a word. */
export function bare(word: string): string {
  const text = word.trim();
  const [first = ''] = text;
  return text.length > 1 && (first === '"' || first === "'") && text.endsWith(first)
    ? text.slice(1, -1)
    : text;
}

/**
 * Returns the `name` and `version` of each `[[package]]` of a TOML lock file: poetry.lock, uv.lock and Cargo.lock are
 * written by their programs, one key a line.
 */
export function tomlPackages(text: string): readonly NamedPackage[] {
  const found: { name: string; version: string | undefined }[] = [];
  let current: { name: string; version: string | undefined } | undefined;
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed.startsWith('[')) {
      current = trimmed === '[[package]]' ? { name: '', version: undefined } : undefined;
      if (current !== undefined) found.push(current);
      continue;
    }
    const equals = trimmed.indexOf('=');
    if (current === undefined || equals < 0) continue;
    const key = trimmed.slice(0, equals).trim();
    const value = trimmed.slice(equals + 1).trim();
    if (key === 'name') current.name = bare(value);
    else if (key === 'version') current.version = bare(value);
  }
  return found.filter(({ name }) => name !== '');
}

/** Returns the version that a requirement names, such as `>=28,<30` or `^1.4.0`. Undefined if it names none. */
export function leastVersion(requirement: string): string | undefined {
  const wanted = requirement
    .split(',')
    .map((part) => part.trim())
    .find((part) => !part.startsWith('<') && !part.startsWith('!'));
  return wanted === undefined ? undefined : /\d+(?:\.\d+)*/.exec(wanted)?.[0];
}
