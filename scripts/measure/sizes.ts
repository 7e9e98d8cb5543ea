import { lineAt, type Node, parse, type Source, walk } from './sources.ts';

/** A file or a function with its number of lines. `name` has its location. */
export interface Size {
  readonly name: string;
  readonly lines: number;
}

const functions = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

export function fileSizes(sources: readonly Source[]): readonly Size[] {
  return longestFirst(sources.map(({ file, text }) => ({ name: file, lines: linesOf(text) })));
}

/** Returns all functions, methods and closures included. The lines of nested functions count for the outer one too. */
export function functionSizes(sources: readonly Source[]): readonly Size[] {
  return longestFirst(
    sources.flatMap((source) => {
      const { file, text } = source;
      const found: Size[] = [];
      walk(parse(source), (node) => {
        if (functions.has(node.type)) {
          const line = lineAt(text, node.start);
          const name = (node.id as Node | null)?.name;
          found.push({
            name: `${file}:${line}${name === undefined ? '' : ` ${String(name)}`}`,
            lines: lineAt(text, node.end) - line + 1,
          });
        }
        return undefined;
      });
      return found;
    }),
  );
}

/** Counts lines as `wc -l` does. */
function linesOf(text: string): number {
  return text.split('\n').length - 1;
}

function longestFirst(sizes: readonly Size[]): readonly Size[] {
  return sizes.toSorted((a, b) => b.lines - a.lines || a.name.localeCompare(b.name));
}
