import { isSeq, type Pair } from 'yaml';
import {
  endsInOpenBlockScalar,
  type KubeconfigDocument,
  keyRange,
  type ListName,
  listNames,
  rangeOf,
  topPair,
} from './document.ts';
import { blockItems, flowText, type OurStanza, quoted } from './stanza.ts';
import { columnOf, dashAfter, type Edit, eolOf, lineEnd, setScalar, unsupported } from './text-edit.ts';

/** The original form of the fields that we fill: null if the key was missing, else the source text of its value. */
export interface Found {
  readonly lists: Readonly<Record<ListName, string | null>>;
  readonly current: { readonly source: string; readonly value: string } | null;
}

/** Returns what additions would fill or replace in a document, so that a later removal can restore it. */
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
 * Returns the edits that append stanzas to their lists and set current-context, in the form of each list: block, flow
 * or JSON, its column, its line ends. Creates missing lists and fills null ones.
 * Throws `kubeconfig-unsupported` if the form of a list is not supported.
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

/** Closes the last line first, if it has no line break. */
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

/** Returns where to insert a new top-level key: after the last one. Comments at the end of the file stay after it. */
function rootEnd(document: KubeconfigDocument): number {
  const last = document.root?.items.at(-1);
  if (last === undefined) return document.text.length;
  return lineEnd(document.text, (rangeOf(last.value) ?? keyRange(last))[1]);
}
