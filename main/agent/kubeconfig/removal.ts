import { type KubeconfigDocument, type ListName, listNames, type Range, topPair } from './document.ts';
import type { Found } from './splice.ts';
import { quoted } from './stanza.ts';
import { type Edit, fillValue, lineEnd, lineStart, setValue, unsupported } from './text-edit.ts';
import { type Pair, pairEnd, type SeqNode } from './yaml/node.ts';

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
    if (pair === undefined || pair.value.kind !== 'seq') continue;
    const seq = pair.value;
    const ours = seq.items.flatMap((_, index) => (options.isOurs(list, index) ? [index] : []));
    if (ours.length === 0) continue;
    const before = options.found.lists[list];
    if (ours.length === seq.items.length && before === null) dropped.push(pair);
    if (!seq.flow) edits.push(...cutBlock({ document, pair, seq, ours, before }));
    else if (ours.length < seq.items.length) edits.push(...cutFlow(document, rangesOf(seq), ours));
    else if (before !== null)
      edits.push(replace(document, [seq.start, seq.end], before === '' ? 'null' : before));
  }
  const current = topPair(document, 'current-context');
  if (options.restoreCurrent && current !== undefined) {
    const before = options.found.current;
    const flow = document.root?.flow === true;
    if (before === null) dropped.push(current);
    else edits.push(setValue(document, current, flow ? quoted(before.value) : before.source));
  }
  return [...edits, ...dropPairs(document, dropped)];
}

function cutBlock(options: {
  readonly document: KubeconfigDocument;
  readonly pair: Pair;
  readonly seq: SeqNode;
  readonly ours: readonly number[];
  readonly before: string | null;
}): readonly Edit[] {
  const { document, pair, seq, ours, before } = options;
  const edits = ours.flatMap((index) => {
    const item = seq.items[index];
    if (item === undefined) return [];
    return [replace(document, wholeLines(document, item.dash, Math.max(item.node.end, item.dash + 1)), '')];
  });
  if (ours.length === seq.items.length && before !== null && before !== '')
    edits.push(fillValue(document, pair, before));
  return edits;
}

function rangesOf(seq: SeqNode): readonly Range[] {
  return seq.items.map(({ node }) => [node.from, node.end]);
}

/** Removes top-level pairs whose list is gone: in block form, only the line of the key is left. */
function dropPairs(document: KubeconfigDocument, pairs: readonly Pair[]): readonly Edit[] {
  const { root } = document;
  if (root === undefined || pairs.length === 0) return [];
  if (root.flow) {
    const indexes = pairs.map((pair) => root.pairs.indexOf(pair)).toSorted((a, b) => a - b);
    return cutFlow(
      document,
      root.pairs.map((pair): Range => [pair.start, pairEnd(pair)]),
      indexes,
    );
  }
  return pairs.map((pair) => {
    const isBlock = pair.value.kind === 'seq' && !pair.value.flow;
    const end = isBlock ? (pair.colon ?? pair.key.end) + 1 : pairEnd(pair);
    return replace(document, wholeLines(document, pair.start, end), '');
  });
}

/** Removes items from a flow collection, together with their commas. */
function cutFlow(
  document: KubeconfigDocument,
  ranges: readonly Range[],
  indexes: readonly number[],
): readonly Edit[] {
  const gone = new Set(indexes);
  const keptLast = ranges.findLastIndex((_, index) => !gone.has(index));
  const rangeOf = (index: number): Range => ranges[index] ?? [0, 0];
  const edits = indexes
    .filter((index) => index < keptLast)
    .map((index) => replace(document, [rangeOf(index)[0], rangeOf(index + 1)[0]], ''));
  const lastIndex = ranges.length - 1;
  if (keptLast < lastIndex) {
    const start = keptLast < 0 ? rangeOf(0)[0] : rangeOf(keptLast)[1];
    edits.push(replace(document, [start, rangeOf(lastIndex)[1]], ''));
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
