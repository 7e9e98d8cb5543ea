import path from 'node:path';
import { parse, type Source, walk } from './sources.ts';

/** Imports between files of one part of the product, and how many of them cross its folders. */
export interface Imports {
  readonly part: string;
  readonly files: number;
  readonly all: number;
  readonly crossing: number;
  /** Of those, how many lead to a folder that imports the first one too, directly or through others. */
  readonly cyclic: number;
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

/**
 * Counts imports below `part`. A folder is the first one below it; each folder in `providers` counts alone, and so does
 * a file that is in none: what wires all others is at the top, and so is what all others use.
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
