import { isSeq, type Pair, type YAMLSeq } from 'yaml';
import {
  type KubeconfigDocument,
  keyRange,
  type ListName,
  listNames,
  type Range,
  rangeOf,
  topPair,
} from './document.ts';
import type { Found } from './splice.ts';
import { quoted } from './stanza.ts';
import { colonAfter, dashAfter, type Edit, lineEnd, lineStart, setScalar, unsupported } from './text-edit.ts';

/**
 * Returns the edits that remove our stanzas from a text that others have changed since we wrote it, and that restore
 * the original form of the lists and of current-context. Keeps current-context if `current` is undefined.
 */
export function removals(
  document: KubeconfigDocument,
  options: {
    readonly isOurs: (list: ListName, index: number) => boolean;
    readonly found: Found;
    readonly restoreCurrent: boolean;
  },
): readonly Edit[] {
  const edits: Edit[] = [];
  const dropped: Pair[] = [];
  for (const list of listNames) {
    const pair = topPair(document, list);
    if (pair === undefined || !isSeq(pair.value)) continue;
    const seq = pair.value;
    const ours = seq.items.flatMap((_, index) => (options.isOurs(list, index) ? [index] : []));
    if (ours.length === 0) continue;
    const before = options.found.lists[list];
    if (ours.length === seq.items.length && before === null) dropped.push(pair);
    if (seq.flow !== true) edits.push(...cutBlock({ document, pair, seq, ours, before }));
    else if (ours.length < seq.items.length) edits.push(...cutFlow(document, seq.items.map(rangeOf), ours));
    else if (before !== null) {
      const [start, end] = rangeOf(seq) ?? [0, 0];
      edits.push(replace(document, [start, end], before === '' ? 'null' : before));
    }
  }
  const current = topPair(document, 'current-context');
  if (options.restoreCurrent && current !== undefined) {
    const before = options.found.current;
    const flow = document.root?.flow === true;
    if (before === null) dropped.push(current);
    else edits.push(setScalar(document, current, flow ? quoted(before.value) : before.source));
  }
  return [...edits, ...dropPairs(document, dropped)];
}

function cutBlock(options: {
  readonly document: KubeconfigDocument;
  readonly pair: Pair;
  readonly seq: YAMLSeq;
  readonly ours: readonly number[];
  readonly before: string | null;
}): readonly Edit[] {
  const { document, pair, seq, ours, before } = options;
  const edits = ours.map((index) => {
    const from = index === 0 ? rangeOf(seq)?.[0] : rangeOf(seq.items[index - 1])?.[1];
    const dash = dashAfter(document, from ?? 0);
    const end = rangeOf(seq.items[index])?.[1] ?? dash;
    return replace(document, wholeLines(document, dash, end), '');
  });
  if (ours.length === seq.items.length && before !== null && before !== '') {
    edits.push({ at: colonAfter(document, keyRange(pair)[1]) + 1, before: '', after: ` ${before}` });
  }
  return edits;
}

/** Removes top-level pairs whose list is gone: in block form, only the line of the key is left. */
function dropPairs(document: KubeconfigDocument, pairs: readonly Pair[]): readonly Edit[] {
  const { root } = document;
  if (root === undefined || pairs.length === 0) return [];
  const rangeOfPair = (pair: Pair): Range => [keyRange(pair)[0], (rangeOf(pair.value) ?? keyRange(pair))[1]];
  if (root.flow === true) {
    const indexes = pairs.map((pair) => root.items.indexOf(pair)).toSorted((a, b) => a - b);
    return cutFlow(document, root.items.map(rangeOfPair), indexes);
  }
  return pairs.map((pair) => {
    const [start, end] = rangeOfPair(pair);
    const block = isSeq(pair.value) && pair.value.flow !== true;
    return replace(document, wholeLines(document, start, block ? keyRange(pair)[1] : end), '');
  });
}

/** Removes items from a flow collection, together with their commas. */
function cutFlow(
  document: KubeconfigDocument,
  ranges: readonly (Range | undefined)[],
  indexes: readonly number[],
): readonly Edit[] {
  const gone = new Set(indexes);
  const keptLast = ranges.findLastIndex((_, index) => !gone.has(index));
  const place = (index: number): Range => ranges[index] ?? [0, 0];
  const edits = indexes
    .filter((index) => index < keptLast)
    .map((index) => replace(document, [place(index)[0], place(index + 1)[0]], ''));
  const lastIndex = ranges.length - 1;
  if (keptLast < lastIndex) {
    const start = keptLast < 0 ? place(0)[0] : place(keptLast)[1];
    edits.push(replace(document, [start, place(lastIndex)[1]], ''));
  }
  return edits;
}

function replace(document: KubeconfigDocument, [start, end]: Range, after: string): Edit {
  return { at: start, before: document.text.slice(start, end), after };
}

function wholeLines(document: KubeconfigDocument, start: number, end: number): Range {
  const from = lineStart(document.text, start);
  if (document.text.slice(from, start).trim() !== '') {
    throw unsupported(document, start, 'a stanza of ours shares its first line with other content');
  }
  return [from, lineEnd(document.text, end)];
}
