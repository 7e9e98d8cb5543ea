import { isScalar, isSeq, type Pair, type YAMLSeq } from 'yaml';
import {
  endsInOpenBlockScalar,
  isNothing,
  type KubeconfigDocument,
  keyRange,
  type ListName,
  listNames,
  type Range,
  rangeOf,
  refusal,
  topPair,
} from './document.ts';
import { blockItems, flowText, type OurStanza, quoted } from './stanza.ts';

/** One change of a text: at offset `at` of the old text `before` becomes `after`. */
export interface Edit {
  readonly at: number;
  readonly before: string;
  readonly after: string;
}

/** How the places that we fill looked before: null where the key was missing, else the source text of its value. */
export interface Found {
  readonly lists: Readonly<Record<ListName, string | null>>;
  readonly current: { readonly source: string; readonly value: string } | null;
}

/** Edits, none overlapping, applied in one pass; of several at one offset the first in the list comes first. */
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

/** What of a document additions would fill or replace, so that a later removal can put it back. */
export function found(document: KubeconfigDocument): Found {
  const source = (key: string) => {
    const pair = topPair(document, key);
    if (pair === undefined) return null;
    if (isSeq(pair.value)) return '[]';
    const range = rangeOf(pair.value);
    return range === undefined ? '' : document.text.slice(...range);
  };
  const current = source('current-context');
  const value = document.value['current-context'];
  return {
    lists: { clusters: source('clusters'), contexts: source('contexts'), users: source('users') },
    current: current === null ? null : { source: current, value: String(value ?? '') },
  };
}

/**
 * The edits that put stanzas at the end of their lists and set current-context, in the form each place has: block,
 * flow or JSON, its column, its line ends. Missing lists are created, null ones filled.
 * Rejects with `kubeconfig-unsupported` where the form of a place is not covered.
 */
export function additions(
  document: KubeconfigDocument,
  wanted: { readonly stanzas: readonly OurStanza[]; readonly current: string | undefined },
): readonly Edit[] {
  const { text, root } = document;
  const eol = eolOf(text);
  const fills: Edit[] = [];
  const lists: Edit[] = [];
  const flowPairs: string[] = [];
  const lastPair = root?.items.at(-1);
  const column = lastPair === undefined ? 0 : columnOf(text, keyRange(lastPair)[0]);
  let block = '';
  const flow = root?.flow === true;
  const addScalar = (key: string, value: string) => {
    if (flow) flowPairs.push(`${quoted(key)}: ${value}`);
    else block += `${' '.repeat(column)}${key}: ${value}${eol}`;
  };
  if (root === undefined && (wanted.stanzas.length > 0 || wanted.current !== undefined)) {
    addScalar('apiVersion', 'v1');
    addScalar('kind', 'Config');
  }
  for (const list of listNames) {
    const items = wanted.stanzas.filter((stanza) => stanza.list === list).map((stanza) => stanza.item);
    if (items.length > 0) {
      const pair = topPair(document, list);
      if (pair !== undefined) lists.push(addToList({ document, pair, items, eol }));
      else if (flow) flowPairs.push(`${quoted(list)}: ${flowText(items)}`);
      else block += `${' '.repeat(column)}${list}:${eol}${blockItems(items, column, eol)}`;
    }
    if (list === 'contexts' && wanted.current !== undefined) {
      const pair = topPair(document, 'current-context');
      if (pair === undefined) addScalar('current-context', quoted(wanted.current));
      else fills.push(setScalar(document, pair, quoted(wanted.current)));
    }
  }
  if (flowPairs.length > 0) lists.push(addToFlowRoot(document, flowPairs));
  const edits = [...fills, ...lists];
  if (block !== '') edits.push({ at: rootEnd(document), before: '', after: block });
  return closeLastLine(document, edits, fills.length, eol);
}

/** An append behind a last line that has no line break needs one first. */
function closeLastLine(
  document: KubeconfigDocument,
  edits: readonly Edit[],
  fills: number,
  eol: string,
): readonly Edit[] {
  const { text } = document;
  if (text === '' || text === '\ufeff' || text.endsWith('\n')) return edits;
  const first = edits.findIndex((edit, index) => index >= fills && edit.at === text.length);
  if (first < 0) return edits;
  if (endsInOpenBlockScalar(document)) {
    throw unsupported(document, text.length, 'the file ends in a block scalar without a line break', {
      hint: 'Add a line break at the end of the file.',
    });
  }
  return edits.map((edit, index) => (index === first ? { ...edit, after: eol + edit.after } : edit));
}

function addToList(options: {
  readonly document: KubeconfigDocument;
  readonly pair: Pair;
  readonly items: readonly OurStanza['item'][];
  readonly eol: string;
}): Edit {
  const { document, pair, items, eol } = options;
  const { text } = document;
  const list = pair.value;
  const keyEnd = keyRange(pair)[1];
  if (isSeq(list)) {
    const range = rangeOf(list) ?? [0, 0];
    if (list.flow === true) {
      const at = range[1] - 1;
      const last = rangeOf(list.items.at(-1));
      const tail = last === undefined ? '' : text.slice(last[1], at).replace(/#.*$/gm, '');
      const separator = last === undefined || tail.includes(',') ? '' : ', ';
      return { at, before: '', after: separator + items.map(flowText).join(', ') };
    }
    const dash = dashAfter(document, range[0]);
    const at = lineEnd(text, rangeOf(list.items.at(-1))?.[1] ?? range[1]);
    return { at, before: '', after: blockItems(items, columnOf(text, dash), eol) };
  }
  const range = rangeOf(list) ?? [keyEnd, keyEnd];
  if (range[1] > range[0] || document.root?.flow === true) {
    return { at: range[0], before: text.slice(...range), after: flowText(items) };
  }
  return {
    at: lineEnd(text, keyEnd),
    before: '',
    after: blockItems(items, columnOf(text, keyRange(pair)[0]), eol),
  };
}

function addToFlowRoot(document: KubeconfigDocument, pairs: readonly string[]): Edit {
  const at = (rangeOf(document.root)?.[0] ?? 0) + 1;
  const separator = (document.root?.items.length ?? 0) > 0 ? ', ' : '';
  return { at, before: '', after: pairs.join(', ') + separator };
}

/** Where a new top-level key goes: the line behind the last one; comments at the end of the file stay behind it. */
function rootEnd(document: KubeconfigDocument): number {
  const last = document.root?.items.at(-1);
  if (last === undefined) return document.text.length;
  return lineEnd(document.text, (rangeOf(last.value) ?? keyRange(last))[1]);
}

function setScalar(document: KubeconfigDocument, pair: Pair, value: string): Edit {
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

/**
 * The edits that take our stanzas out of a text which others have changed since we wrote it, and that give the lists
 * and current-context back the form in which they were found. `current` undefined leaves current-context alone.
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

/** Takes top-level pairs out whose list is gone: in block form only the key's line is left of it. */
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

/** Takes items out of a flow collection together with the commas that they leave over. */
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

/** The next dash of a block list, past blanks and comments. */
function dashAfter(document: KubeconfigDocument, from: number): number {
  const match = /(?:\s|#.*)*/y;
  match.lastIndex = from;
  const at = from + (match.exec(document.text)?.[0].length ?? 0);
  if (document.text[at] !== '-') throw unsupported(document, from, 'a list is written in an unusual form');
  return at;
}

function colonAfter(document: KubeconfigDocument, from: number): number {
  const at = document.text.indexOf(':', from);
  if (at < 0 || document.text.slice(from, at).trim() !== '') {
    throw unsupported(document, from, 'a key is written in an unusual form');
  }
  return at;
}

function unsupported(
  document: KubeconfigDocument,
  at: number,
  reason: string,
  options: { readonly hint?: string } = {},
) {
  return refusal(document, { code: 'kubeconfig-unsupported', at, reason, ...options });
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function lineStart(text: string, at: number): number {
  const start = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  return text[start] === '\ufeff' ? start + 1 : start;
}

/** The offset behind the line that holds the character before `at`. */
function lineEnd(text: string, at: number): number {
  if (at > 0 && text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}
