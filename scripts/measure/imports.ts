import path from 'node:path';
import { parse, type Source, walk } from './sources.ts';

/** Imports between files of one part of the product, and how many of them cross its folders. */
export interface Imports {
  readonly part: string;
  readonly files: number;
  readonly all: number;
  readonly crossing: number;
}

/** What a file imports of the repository, by path from the root; type imports and dynamic imports count too. */
function importsOf(source: Source): readonly string[] {
  const found: string[] = [];
  walk(parse(source), (node) => {
    const from = /^(Import|Export(Named|All))Declaration$|^ImportExpression$/.test(node.type)
      ? (node.source as { readonly value?: unknown } | null)?.value
      : undefined;
    if (typeof from === 'string' && from.startsWith('.'))
      found.push(path.posix.join(path.posix.dirname(source.file), from));
    return undefined;
  });
  return found;
}

/** Counts imports below `part`. A folder is the first one below it; each folder in `providers` counts by itself. */
export function countImports(sources: readonly Source[], part: string): Imports {
  const isInside = (file: string) => file.startsWith(`${part}/`);
  const own = sources.filter(({ file }) => isInside(file));
  const edges = own.flatMap((source) =>
    importsOf(source)
      .filter(isInside)
      .map((target) => [source.file, target] as const),
  );
  const folderOf = (file: string) => {
    const [first = '', second = '', ...rest] = file.slice(part.length + 1).split('/');
    if (rest.length > 0 && first === 'providers') return `${first}/${second}`;
    return second === '' ? '' : first;
  };
  const crossing = edges.filter(([from, to]) => folderOf(from) !== folderOf(to));
  return { part, files: own.length, all: edges.length, crossing: crossing.length };
}
