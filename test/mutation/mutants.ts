import { parseSync } from 'vite';
import { changesOf } from './mutators.ts';
import { isNode, type Node } from './syntax.ts';

/** One small change of one file of the product. */
export interface Mutant {
  readonly file: string;
  /** Of the text that is replaced, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The lines that change, before and after, with single spaces. They name the mutant whatever its line number is. */
  readonly from: string;
  readonly to: string;
  /** Where the innermost function around it begins. Undefined for what runs when the file is imported. */
  readonly within: Entry | undefined;
}

/** The beginning of a function. `end` is that of its expression, where it has no block. */
export interface Entry {
  readonly start: number;
  readonly end?: number;
}

const longest = 200;

/** Returns the mutants of a file of TypeScript in the order of their positions. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`Cannot read ${file}: ${errors[0]?.message}`);
  const found: Mutant[] = [];
  walk(program, [], undefined, (node, parents, within) => {
    for (const { start, end, text } of changesOf(node, parents, source)) {
      const mutant = { file, start, end, text, within, ...lines(source, start, end, text) };
      if (mutant.from !== mutant.to) found.push(mutant);
    }
  });
  return found.sort((one, other) => one.start - other.start);
}

/** Returns the positions where the functions of a file begin. */
export function entriesOf(file: string, source: string): readonly Entry[] {
  const found = new Map<number, Entry>();
  walk(parseSync(file, source).program, [], undefined, (_node, _parents, within) => {
    if (within !== undefined) found.set(within.start, within);
  });
  return [...found.values()];
}

type Visit = (node: Node, parents: readonly Node[], within: Entry | undefined) => void;

function walk(node: Node, parents: readonly Node[], within: Entry | undefined, visit: Visit): void {
  visit(node, parents, within);
  for (const [key, child] of childrenOf(node)) {
    const inside = key === 'body' ? (entryOf(node) ?? within) : within;
    walk(child, [...parents, node], inside, visit);
  }
}

/** Leaves out types, and modules' names: nothing in them runs. */
function childrenOf(node: Node): readonly (readonly [string, Node])[] {
  if (/^(?:Import(?:Declaration|Expression)|Export(?:All|Named)Declaration)$/.test(node.type))
    return 'declaration' in node && isNode(node.declaration) ? [['declaration', node.declaration]] : [];
  if (node.type.startsWith('TS'))
    return 'expression' in node && isNode(node.expression) ? [['expression', node.expression]] : [];
  return Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((child) => [key, child] as const),
  );
}

function entryOf(node: Node): Entry | undefined {
  if (!/^(?:Function|ArrowFunction)/.test(node.type) || !('body' in node) || !isNode(node.body))
    return undefined;
  const { type, start, end } = node.body;
  return type === 'BlockStatement' ? { start: start + 1 } : { start, end };
}

function lines(source: string, start: number, end: number, text: string) {
  const first = source.lastIndexOf('\n', start - 1) + 1;
  const after = source.indexOf('\n', end);
  const last = after === -1 ? source.length : after;
  const changed = source.slice(first, start) + text + source.slice(end, last);
  return { from: short(source.slice(first, last)), to: short(changed) };
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
