import { AppError, type ErrorCode } from '../../model/app-error.ts';
import { typeFault } from './kubectl-types.ts';
import { isBreak } from './yaml/characters.ts';
import type { MapNode, Node, Pair } from './yaml/node.ts';
import { parseYaml } from './yaml/parser.ts';
import { YamlFault } from './yaml/token.ts';
import { isMerge, type Json, jsonOf, keyOf, mergeSources } from './yaml/value.ts';

/** The three lists of named stanzas. */
export const listNames = ['clusters', 'contexts', 'users'] as const;
export type ListName = (typeof listNames)[number];

/** A kubeconfig file as text, as nodes with offsets into that text, and as plain values. */
export interface KubeconfigDocument {
  /** The path, for messages only. */
  readonly file: string;
  readonly text: string;
  /** The mapping at the top. Undefined if the first document contains nothing. */
  readonly root: MapNode | undefined;
  /** The value at the top if it is not a mapping: `null`, written out. */
  readonly nothing: Node | undefined;
  /** The end of the first document, which alone kubectl reads. */
  readonly end: number;
  /** The start of the second document. */
  readonly next: number | undefined;
  /** The value as kubectl would read it. */
  readonly value: Readonly<Record<string, Json>>;
}

/** `[start, end]` of a text. */
export type Range = readonly [start: number, end: number];

/** Shorter texts are parsed in a few milliseconds. */
const rememberedFrom = 100_000;
/** An edit begins with the text that the last one ended with, unless another program wrote it, and with ours taken out. */
const mostRemembered = 2;
const remembered: KubeconfigDocument[] = [];

/**
 * Parses as kubectl does: the first document only, YAML 1.1 typing, the last of duplicate keys, merge keys. Throws
 * `kubeconfig-invalid` for what kubectl refuses too, with the line. Remembers the last long texts: they are those of the
 * thread that plans edits of large files, which ends when it has nothing to do.
 */
export function parseDocument(text: string, file: string): KubeconfigDocument {
  if (text.length < rememberedFrom) return parse(text, file);
  const at = remembered.findIndex((one) => one.file === file && one.text === text);
  const document = remembered.splice(at, at < 0 ? 0 : 1)[0] ?? parse(text, file);
  remembered.push(document);
  if (remembered.length > mostRemembered) remembered.shift();
  return document;
}

function parse(text: string, file: string): KubeconfigDocument {
  const empty = {
    file,
    text,
    root: undefined,
    nothing: undefined,
    end: text.length,
    next: undefined,
    value: {},
  };
  try {
    const { root, end, next } = parseYaml(text);
    if (root === undefined) return empty;
    const value = jsonOf(root);
    if (value === null) return { ...empty, nothing: root, end, next };
    const fault = typeFault(root, value);
    if (fault !== undefined || root.kind !== 'map' || !isMapping(value)) {
      const { at, reason, hint } = fault ?? { at: root.start, reason: 'the top level is not a mapping' };
      throw refusal(empty, {
        code: 'kubeconfig-invalid',
        at,
        reason,
        ...(hint === undefined ? {} : { hint }),
      });
    }
    return { file, text, root, nothing: undefined, end, next, value };
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error;
    throw refusal(empty, {
      code: 'kubeconfig-invalid',
      at: error.at,
      reason: `this is not valid YAML: ${error.message}`,
      hint: 'Nothing was written. Correct the line and try again: kubectl cannot read the file as it is.',
    });
  }
}

function isMapping(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the items of a list as plain values. Empty if the list is missing or null. */
export function stanzas(document: KubeconfigDocument, list: ListName): readonly Json[] {
  const items = document.value[list];
  return Array.isArray(items) ? items : [];
}

/** Returns the current-context as kubectl reads it. Undefined if missing, null or empty. */
export function currentContext(document: KubeconfigDocument): string | undefined {
  const value = document.value['current-context'];
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

/**
 * Returns the pair of a top-level key that counts: of duplicates the last one, as in kubectl. Undefined if there is none,
 * or if a merge key after it overrides it.
 */
export function topPair(document: KubeconfigDocument, key: string): Pair | undefined {
  const pair = document.root?.pairs.findLast((one) =>
    isMerge(one.key) ? merges(one, key) : keyOf(one.key) === key,
  );
  return pair === undefined || isMerge(pair.key) ? undefined : pair;
}

function merges({ value }: Pair, key: string): boolean {
  return mergeSources(value).some((source) => Object.hasOwn(jsonOf(source) as object, key));
}

/** Returns true if the top level has a merge key. */
export function hasMerge(document: KubeconfigDocument): boolean {
  return document.root?.pairs.some(({ key }) => isMerge(key)) === true;
}

/** Returns true if a node is `null`, `~`, an empty value, or an alias of one. */
export function isNothing(node: Node): boolean {
  const target = node.kind === 'alias' ? node.target : node;
  return target.kind === 'scalar' && jsonOf(target) === null;
}

/** Returns every alias that repeats a node. */
export function aliasesOf(document: KubeconfigDocument, node: Node): readonly Node[] {
  const found: Node[] = [];
  const visit = (one: Node): void => {
    if (one.kind === 'alias') {
      if (one.target === node) found.push(one);
    } else if (one.kind === 'seq') for (const item of one.items) visit(item.node);
    else if (one.kind === 'map')
      for (const { key, value } of one.pairs) {
        visit(key);
        visit(value);
      }
  };
  if (node.anchor !== undefined && document.root !== undefined) visit(document.root);
  return found;
}

/** Returns true if the file's last value is a block scalar that a line break after it would change. */
export function endsInOpenBlockScalar({ root, text }: KubeconfigDocument): boolean {
  if (root === undefined || isBreak(text.charCodeAt(text.length - 1))) return false;
  let node: Node | undefined = root;
  while (node !== undefined && node.kind !== 'scalar' && node.kind !== 'alias')
    node = node.kind === 'map' ? node.pairs.at(-1)?.value : node.items.at(-1)?.node;
  if (node?.kind !== 'scalar' || (node.style !== 'literal' && node.style !== 'folded')) return false;
  return node.end === text.length && !/^[|>][0-9]*-/.test(text.slice(node.start, node.end));
}

/** Creates an error that names the file and the line. */
export function refusal(
  document: Pick<KubeconfigDocument, 'file' | 'text'>,
  options: {
    readonly code: ErrorCode;
    readonly at: number;
    readonly reason: string;
    readonly hint?: string;
  },
): AppError {
  const line = lineOf(document.text, options.at);
  return new AppError(options.code, `${document.file}, line ${line}: ${options.reason}.`, {
    hint: options.hint ?? 'Nothing was written. Change the line, or use another file through KUBECONFIG.',
  });
}

/** Returns the number of a line, from 1. */
export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split(/\r\n|[\r\n\u0085\u2028\u2029]/).length;
}
