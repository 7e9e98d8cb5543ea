import { isScalar, type Pair } from 'yaml';
import { isNothing, type KubeconfigDocument, keyRange, rangeOf, refusal } from './document.ts';

/** One change of a text: `before`, at offset `at` of the old text, becomes `after`. */
export interface Edit {
  readonly at: number;
  readonly before: string;
  readonly after: string;
}

/** Applies edits in one pass. They must not overlap. Of several at one offset, the first in the list comes first. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let position = 0;
  for (const edit of edits.toSorted((a, b) => a.at - b.at)) {
    if (edit.at < position || !text.startsWith(edit.before, edit.at)) {
      throw new Error('Edits overlap or do not fit the text.');
    }
    result += text.slice(position, edit.at) + edit.after;
    position = edit.at + edit.before.length;
  }
  return result + text.slice(position);
}

/** Replaces the value of a key on one line. An empty `value` leaves the key without one. */
export function setScalar(document: KubeconfigDocument, pair: Pair, value: string): Edit {
  const { text } = document;
  const key = keyRange(pair);
  const range = rangeOf(pair.value) ?? [key[1], key[1]];
  const before = text.slice(...range);
  if (!(isScalar(pair.value) || isNothing(pair.value)) || before.includes('\n')) {
    throw unsupported(document, key[0], `"${text.slice(...key)}" is not written as a value on one line`);
  }
  if (before !== '') return { at: range[0], before, after: value };
  return { at: colonAfter(document, key[1]) + 1, before: '', after: value === '' ? '' : ` ${value}` };
}

/** Returns the offset of the next dash of a block list, skipping blanks and comments. */
export function dashAfter(document: KubeconfigDocument, from: number): number {
  const match = /(?:\s|#.*)*/y;
  match.lastIndex = from;
  const at = from + (match.exec(document.text)?.[0].length ?? 0);
  if (document.text[at] !== '-') throw unsupported(document, from, 'a list is written in an unusual form');
  return at;
}

export function colonAfter(document: KubeconfigDocument, from: number): number {
  const at = document.text.indexOf(':', from);
  if (at < 0 || document.text.slice(from, at).trim() !== '') {
    throw unsupported(document, from, 'a key is written in an unusual form');
  }
  return at;
}

export function unsupported(
  document: KubeconfigDocument,
  at: number,
  reason: string,
  options: { readonly hint?: string } = {},
) {
  return refusal(document, { code: 'kubeconfig-unsupported', at, reason, ...options });
}

export function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

export function lineStart(text: string, at: number): number {
  const start = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  return text[start] === '\ufeff' ? start + 1 : start;
}

/** Returns the offset after the line that contains the character before `at`. */
export function lineEnd(text: string, at: number): number {
  if (at > 0 && text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

export function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}
