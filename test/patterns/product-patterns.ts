import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync, Visitor } from 'vite';

const root = path.resolve(import.meta.dirname, '../..');

export interface ProductPattern {
  /** File and line. */
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression that is written in the product's sources, and each place where one is made at run time. */
export function productPatterns(): {
  readonly written: readonly ProductPattern[];
  readonly made: readonly { readonly file: string; readonly line: number; readonly inFunction: boolean }[];
} {
  const written: ProductPattern[] = [];
  const made: { file: string; line: number; inFunction: boolean }[] = [];
  const globs = ['main/**/*.ts', 'preload/**/*.ts', 'renderer/**/*.{ts,tsx}', 'resources/worker/src/**/*.ts'];
  for (const name of globSync(globs, { cwd: root })) {
    const file = name.replaceAll(path.sep, '/');
    const source = readFileSync(path.join(root, file), 'utf8');
    const { program, errors } = parseSync(file, source);
    if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
    const lineOf = (start: number) => source.slice(0, start).split('\n').length;
    let depth = 0;
    const enter = () => {
      depth += 1;
    };
    const leave = () => {
      depth -= 1;
    };
    const making = ({ start, callee }: { readonly start: number; readonly callee: object }) => {
      if ('name' in callee && callee.name === 'RegExp')
        made.push({ file, line: lineOf(start), inFunction: depth > 0 });
    };
    new Visitor({
      Literal(node) {
        if (!('regex' in node) || node.regex === null || node.regex === undefined) return;
        const { pattern, flags } = node.regex;
        written.push({ place: `${file}:${lineOf(node.start)}`, source: pattern, flags });
      },
      NewExpression: making,
      CallExpression: making,
      FunctionDeclaration: enter,
      'FunctionDeclaration:exit': leave,
      FunctionExpression: enter,
      'FunctionExpression:exit': leave,
      ArrowFunctionExpression: enter,
      'ArrowFunctionExpression:exit': leave,
    }).visit(program);
  }
  return { written, made };
}

/** What a module makes of `RegExp` while it is loaded. */
export async function patternsMadeBy(file: string): Promise<readonly ProductPattern[]> {
  const made: ProductPattern[] = [];
  const original = globalThis.RegExp;
  globalThis.RegExp = new Proxy(original, {
    construct(target, args: [string, string?]) {
      const pattern = new target(...args);
      // A pattern made by a library, or of another module, is recorded too: it does no harm.
      made.push({
        place: `${file}, made of ${pattern.source.slice(0, 40)}`,
        source: pattern.source,
        flags: pattern.flags,
      });
      return pattern;
    },
  });
  try {
    await import(path.join(root, file));
  } finally {
    globalThis.RegExp = original;
  }
  return made;
}
