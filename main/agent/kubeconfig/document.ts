import { isAlias, isMap, isScalar, isSeq, type Pair, parseAllDocuments, Scalar, type YAMLMap } from 'yaml';
import { AppError, type ErrorCode } from '../../model/app-error.ts';

/** The three lists of named stanzas. */
export const listNames = ['clusters', 'contexts', 'users'] as const;
export type ListName = (typeof listNames)[number];

/** A kubeconfig file as text, as nodes with offsets into that text, and as plain values. */
export interface KubeconfigDocument {
  /** The path, for messages only. */
  readonly file: string;
  readonly text: string;
  /** The mapping at the top. Undefined if the file contains only blanks, comments or document markers. */
  readonly root: YAMLMap | undefined;
  /** The value as kubectl would read it. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** `[start, end]` of a node's own text. */
export type Range = readonly [start: number, end: number];

/**
 * Decodes the text of a kubeconfig, and keeps a byte order mark. Throws `kubeconfig-invalid` if the bytes are not
 * UTF-8, which kubectl refuses too.
 */
export function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const { line } = invalidByte(bytes);
    throw new AppError('kubeconfig-invalid', `${file}, line ${line}: the file is not UTF-8 text.`, {
      hint: 'Save the file as UTF-8: kubectl cannot read it as it is.',
      cause,
    });
  }
}

function invalidByte(bytes: Uint8Array): { readonly line: number } {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const index = lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
  return { line: index < 0 ? 1 : index + 1 };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * Parses as kubectl does: the first document only, YAML 1.1 typing, the last of duplicate keys, merge keys. Throws
 * `kubeconfig-invalid` for what kubectl refuses too, and `kubeconfig-unsupported` for what only the splice does not
 * support. Both name the line.
 */
export function parseDocument(text: string, file: string): KubeconfigDocument {
  const documents = parseAllDocuments(text, {
    uniqueKeys: false,
    merge: true,
    version: '1.1',
    logLevel: 'silent',
    prettyErrors: false,
  });
  const first = 'empty' in documents ? undefined : documents[0];
  const contents = first?.contents;
  const nothing: KubeconfigDocument = { file, text, root: undefined, value: {} };
  if (first === undefined) return nothing;
  const error = first.errors[0];
  if (error !== undefined) {
    throw refusal(nothing, {
      code: 'kubeconfig-invalid',
      at: error.pos[0],
      // The parser's own message may quote the file, and with it a secret. Its code does not.
      reason: `this is not valid YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`,
      hint: 'Nothing was written. Correct the line and try again.',
    });
  }
  if (contents === null || contents === undefined || (isScalar(contents) && contents.value === null)) {
    if ('empty' in documents || documents.length === 1) return nothing;
    throw refusal(nothing, {
      code: 'kubeconfig-unsupported',
      at: 0,
      reason: 'the first document is empty, and kubectl does not read those after it',
      hint: 'Remove the leading "---" or the other documents.',
    });
  }
  if (!isMap(contents)) {
    throw refusal(nothing, {
      code: 'kubeconfig-invalid',
      at: contents.range?.[0] ?? 0,
      reason: 'the top level is not a mapping',
    });
  }
  const root = contents as YAMLMap;
  const merge = root.items.find((pair) => isScalar(pair.key) && pair.key.source === '<<');
  if (merge !== undefined) {
    throw refusal(nothing, {
      code: 'kubeconfig-unsupported',
      at: keyRange(merge)[0],
      reason: 'there is a merge key at the top level',
    });
  }
  let value: Readonly<Record<string, unknown>>;
  try {
    value = first.toJS() as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new AppError('kubeconfig-unsupported', `${file}: its aliases cannot be resolved.`, { cause });
  }
  const document: KubeconfigDocument = { file, text, root, value };
  for (const list of listNames) checkList(document, list);
  return document;
}

/**
 * Throws for what kubectl refuses: a list that is not a list, stanzas that are not mappings, a name that occurs twice.
 */
function checkList(document: KubeconfigDocument, list: ListName): void {
  const pair = topPair(document, list);
  if (pair === undefined) return;
  const at = keyRange(pair)[0];
  if (isAlias(pair.value)) {
    throw refusal(document, {
      code: 'kubeconfig-unsupported',
      at,
      reason: `"${list}" is an alias of another part of the file`,
      hint: 'Write the list out in its place.',
    });
  }
  if (isNothing(pair.value)) return;
  if (!isSeq(pair.value)) {
    throw refusal(document, { code: 'kubeconfig-invalid', at, reason: `"${list}" is not a list` });
  }
  const nodes = pair.value.items;
  const names = new Set<string>();
  for (const [index, stanza] of stanzas(document, list).entries()) {
    const place = rangeOf(nodes[index])?.[0] ?? at;
    if (typeof stanza !== 'object' || stanza === null || Array.isArray(stanza)) {
      throw refusal(document, {
        code: 'kubeconfig-invalid',
        at: place,
        reason: `an item of "${list}" is not a mapping`,
      });
    }
    const { name } = stanza as { readonly name?: unknown };
    if (typeof name !== 'string') continue;
    if (names.has(name)) {
      throw refusal(document, {
        code: 'kubeconfig-invalid',
        at: place,
        reason: `the name "${name}" occurs twice in "${list}"`,
        hint: 'Remove or rename one of the two: kubectl cannot read the file as it is.',
      });
    }
    names.add(name);
  }
}

/** Returns the items of a list as plain values. Empty if the list is missing or null. */
export function stanzas(document: KubeconfigDocument, list: ListName): readonly unknown[] {
  const items = document.value[list];
  return Array.isArray(items) ? items : [];
}

/** Returns the current-context as kubectl reads it. Undefined if missing, null or empty. */
export function currentContext(document: KubeconfigDocument): string | undefined {
  const value = document.value['current-context'];
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

/** Returns the pair of a top-level key. Of duplicates the last one, as in kubectl. */
export function topPair(document: KubeconfigDocument, key: string): Pair | undefined {
  return document.root?.items.findLast((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** Returns true for a missing value, `null`, `~` and an empty value. */
export function isNothing(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && (node.value ?? null) === null);
}

export function rangeOf(node: unknown): Range | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? [Number(range[0]), Number(range[1])] : undefined;
}

/** Returns the range of a pair's key. Every parsed key has one. */
export function keyRange(pair: Pair): Range {
  return rangeOf(pair.key) ?? [0, 0];
}

/** Returns true if the file's last value is a block scalar that a line break after it would change. */
export function endsInOpenBlockScalar(document: KubeconfigDocument): boolean {
  if (/\n$/.test(document.text)) return false;
  let node: unknown = document.root;
  for (;;) {
    if (isMap(node)) node = node.items.at(-1)?.value;
    else if (isSeq(node)) node = node.items.at(-1);
    else break;
  }
  if (!isScalar(node) || (node.type !== Scalar.BLOCK_LITERAL && node.type !== Scalar.BLOCK_FOLDED))
    return false;
  const range = rangeOf(node);
  return range !== undefined && !/^[|>][0-9]*-/.test(document.text.slice(range[0], range[1]));
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
  const line = document.text.slice(0, options.at).split('\n').length;
  return new AppError(options.code, `${document.file}, line ${line}: ${options.reason}.`, {
    hint: options.hint ?? 'Nothing was written. Change the line, or use another file through KUBECONFIG.',
  });
}
