import { isNothing, type KubeconfigDocument, refusal } from './document.ts';
import { isBreak } from './yaml/characters.ts';
import { type Pair, pairEnd } from './yaml/node.ts';

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

/** Returns the range of a value with its anchor and tag, without the line break that ends a block scalar. */
export function valueRange(document: KubeconfigDocument, { value }: Pair): readonly [number, number] {
  const { text } = document;
  let { end } = value;
  if (
    value.kind === 'scalar' &&
    (value.style === 'literal' || value.style === 'folded') &&
    end > value.start
  ) {
    if (isBreak(text.charCodeAt(end - 1))) end -= text.slice(end - 2, end) === '\r\n' ? 2 : 1;
  }
  return [value.from, end];
}

/** Replaces the value of a key. An empty `value` leaves the key without one. */
export function setValue(document: KubeconfigDocument, pair: Pair, value: string): Edit {
  const [start, end] = valueRange(document, pair);
  if (end > start) return { at: start, before: document.text.slice(start, end), after: value };
  return fillValue(document, pair, value);
}

/** Gives a key without a value one, on the line of the key. */
export function fillValue(document: KubeconfigDocument, pair: Pair, value: string): Edit {
  const after = value === '' ? '' : ` ${value}`;
  if (pair.colon !== undefined) return { at: pair.colon + 1, before: '', after };
  if (document.root?.flow === true) return { at: pair.key.end, before: '', after: `:${after}` };
  // `? key` without a colon.
  const { text } = document;
  const pad = ' '.repeat(columnOf(text, pair.start));
  const at = lineEnd(text, pairEnd(pair));
  return { at, before: '', after: `${pad}:${after}${eolOf(text)}` };
}

/** Returns true if nothing but blanks and a comment follows a key on its line. */
export function isBare(pair: Pair): boolean {
  return isNothing(pair.value) && pair.value.end === pair.value.from && pair.colon !== undefined;
}

export function unsupported(
  document: KubeconfigDocument,
  at: number,
  reason: string,
  options: { readonly hint?: string } = {},
) {
  return refusal(document, { code: 'kubeconfig-unsupported', at, reason, ...options });
}

/** Returns the line end of a text: that of most files, or of old Macs. */
export function eolOf(text: string): string {
  if (text.includes('\r\n')) return '\r\n';
  return text.includes('\r') && !text.includes('\n') ? '\r' : '\n';
}

export function lineStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && !isBreak(text.charCodeAt(start - 1))) start -= 1;
  return text[start] === '\ufeff' ? start + 1 : start;
}

/** Returns the offset after the line that contains the character before `at`. */
export function lineEnd(text: string, at: number): number {
  if (at > 0 && isBreak(text.charCodeAt(at - 1))) return at;
  let end = at;
  while (end < text.length && !isBreak(text.charCodeAt(end))) end += 1;
  if (end === text.length) return end;
  return text.slice(end, end + 2) === '\r\n' ? end + 2 : end + 1;
}

export function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}
