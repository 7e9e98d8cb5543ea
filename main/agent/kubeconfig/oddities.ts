import type { Inspection, Listed } from './inspection.ts';

/** A file of KUBECONFIG and what is in it. */
interface Seen {
  readonly file: string;
  readonly inspection: Inspection;
}

const nouns: Readonly<Record<Listed['list'], string>> = {
  clusters: 'cluster',
  contexts: 'context',
  users: 'user',
};
/** Two files that are copies of each other hide hundreds. */
const named = 3;

/** Something in a file that kubectl passes over without a word. */
export interface Oddity {
  readonly kind: 'second-document' | 'hidden-name' | 'lost-context';
  readonly file: string;
  /** A sentence with file and line. */
  readonly text: string;
}

/** Returns a sentence, with file and line, for each thing in the files that kubectl passes over without a word. */
export function passedOver(files: readonly Seen[]): readonly string[] {
  return oddities(files).map(({ text }) => text);
}

/** Returns what `passedOver` says, with its kind. */
export function oddities(files: readonly Seen[]): readonly Oddity[] {
  const first = new Map<string, string>();
  const found: Oddity[] = [];
  const add = (kind: Oddity['kind'], file: string, text: string) => found.push({ kind, file, text });
  for (const { file, inspection } of files) {
    const { unreadFrom, names } = inspection;
    if (unreadFrom !== undefined)
      add(
        'second-document',
        file,
        `${file}, line ${unreadFrom}: a second YAML document begins here. kubectl reads only the first one.`,
      );
    const hidden = names.flatMap(({ list, name, line }) => {
      const key = `${list} ${name}`;
      const other = first.get(key);
      if (other === undefined) first.set(key, file);
      return other === undefined || other === file ? [] : [{ list, name, line, other }];
    });
    for (const { list, name, line, other } of hidden.slice(0, named))
      add(
        'hidden-name',
        file,
        `${file}, line ${line}: kubectl does not use this ${nouns[list]} "${name}", because ${other} has one of that name.`,
      );
    if (hidden.length > named)
      add(
        'hidden-name',
        file,
        `${file}: kubectl does not use ${hidden.length - named} more names that are in a file before it.`,
      );
  }
  const owner = files.find(({ inspection }) => inspection.currentContext !== undefined);
  const current = owner?.inspection.currentContext;
  const isThere = files.some(({ inspection }) => inspection.contexts.some(({ name }) => name === current));
  if (owner !== undefined && !isThere)
    add(
      'lost-context',
      owner.file,
      `${owner.file}, line ${owner.inspection.currentLine}: the current context is "${current}", which no file has.`,
    );
  return found;
}

/** Returns a sentence for each of our clusters of which another agent has an entry, too. */
export function ofOthers(files: readonly Seen[], ids: ReadonlySet<string>): readonly string[] {
  return files.flatMap(({ file, inspection }) =>
    inspection.strangers
      .filter(({ id }) => ids.has(id))
      .map(
        ({ name, owner }) =>
          `${file}: the context "${name}" was written by another agent of k8s-tunnels (${owner}). It is left as it is.`,
      ),
  );
}
