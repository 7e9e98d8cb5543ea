import path from 'node:path';
import { parse, type Source, walk } from './sources.ts';

/** The numbers of imports between the files of a part of the product, and of those that cross its folders. */
export interface Imports {
  readonly part: string;
  readonly files: number;
  readonly all: number;
  readonly crossing: number;
  /** Those of them that are part of a cycle of folders, directly or through others. */
  readonly cyclic: number;
}

/** Returns the files that a file imports, by path from the root. Includes type imports and dynamic imports. */
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

/**
 * Counts imports below `part` by its direct subfolders. Each folder in `providers` counts separately. So does each file
 * that is in no folder, because such a file wires all others or is used by all others.
 */
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
    return first;
  };
  const crossing = edges
    .map(([from, to]) => [folderOf(from), folderOf(to)] as const)
    .filter(([from, to]) => from !== to);
  const next = Map.groupBy(crossing, ([from]) => from);
  const reached = new Map([...next.keys()].map((folder) => [folder, reachedFrom(folder, next)]));
  const cyclic = crossing.filter(([from, to]) => reached.get(to)?.has(from) === true);
  return { part, files: own.length, all: edges.length, crossing: crossing.length, cyclic: cyclic.length };
}

function reachedFrom(
  start: string,
  next: ReadonlyMap<string, readonly (readonly [string, string])[]>,
): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [start];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop())
    for (const [, to] of next.get(folder) ?? [])
      if (!seen.has(to)) {
        seen.add(to);
        waiting.push(to);
      }
  return seen;
}
