import {
  aliasesOf,
  endsInOpenBlockScalar,
  hasMerge,
  isNothing,
  type KubeconfigDocument,
  type ListName,
  listNames,
  stanzas,
  topPair,
} from './document.ts';
import { blockItems, flowText, type OurStanza, type Plain, quoted } from './stanza.ts';
import {
  columnOf,
  type Edit,
  eolOf,
  fillValue,
  isBare,
  lineEnd,
  lineStart,
  setValue,
  unsupported,
  valueRange,
} from './text-edit.ts';
import { isBreak } from './yaml/characters.ts';
import { type Node, type Pair, pairEnd, type SeqNode } from './yaml/node.ts';
import { jsonOf } from './yaml/value.ts';

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
    if (!isNothing(pair.value) && key !== 'current-context') return '[]';
    return document.text.slice(...valueRange(document, pair));
  };
  const current = source('current-context');
  const value = document.value['current-context'];
  return {
    lists: { clusters: source('clusters'), contexts: source('contexts'), users: source('users') },
    current: current === null ? null : { source: current, value: String(value ?? '') },
  };
}

export interface Additions {
  readonly edits: readonly Edit[];
  /** The lists in which ours come before the others. */
  readonly first: ReadonlySet<ListName>;
}

/**
 * Returns the edits that append stanzas to their lists and set current-context, in the form of each list: block, flow
 * or JSON, its column, its line ends. Creates missing lists and fills null ones. A list that the file has from an alias or
 * a merge key is written out in its place, and so is an alias that repeats what we change.
 */
export function additions(
  document: KubeconfigDocument,
  wanted: { readonly stanzas: readonly OurStanza[]; readonly current: string | undefined },
): Additions {
  const { text, root } = document;
  if (wanted.stanzas.length === 0 && wanted.current === undefined) return { edits: [], first: new Set() };
  const eol = eolOf(text);
  const isOpen = endsInOpenBlockScalar(document);
  const edits: Edit[] = [];
  const first = new Set<ListName>();
  const changed: Pair[] = [];
  const newKeys = newPairs(document, eol);
  if (root === undefined) {
    newKeys.addScalar('apiVersion', 'v1');
    newKeys.addScalar('kind', 'Config');
  }
  for (const list of listNames) {
    const items = wanted.stanzas.filter((stanza) => stanza.list === list).map((stanza) => stanza.item);
    if (items.length > 0) {
      const pair = topPair(document, list);
      if (pair === undefined) newKeys.addList(list, [...stanzas(document, list), ...items]);
      else {
        changed.push(pair);
        const how = addToList({ document, list, pair, items, eol, isOpen });
        edits.push(how.edit);
        if (how.isFirst) first.add(list);
      }
    }
    if (list === 'contexts' && wanted.current !== undefined) {
      const pair = topPair(document, 'current-context');
      if (pair === undefined) newKeys.addScalar('current-context', quoted(wanted.current));
      else {
        changed.push(pair);
        edits.push(setValue(document, pair, quoted(wanted.current)));
      }
    }
  }
  const { nothing } = document;
  if (nothing !== undefined && nothing.end > nothing.from)
    edits.push({ at: nothing.from, before: text.slice(nothing.from, nothing.end), after: '' });
  edits.push(...newKeys.edits(isOpen), ...writtenOut(document, changed));
  return { edits: closeLastLine(document, edits, eol), first };
}

/** Returns the edits that write out the aliases of values that are about to change, so that they stay as they are. */
function writtenOut(document: KubeconfigDocument, changed: readonly Pair[]): readonly Edit[] {
  const own = new Set<Node>(changed.map(({ value }) => value));
  return changed.flatMap(({ value }) =>
    aliasesOf(document, value)
      .filter((alias) => !own.has(alias))
      .map((alias) => ({
        at: alias.start,
        before: document.text.slice(alias.start, alias.end),
        after: flowText(jsonOf(value)),
      })),
  );
}

/** Collects new top-level keys, in the form of the top level. */
function newPairs(document: KubeconfigDocument, eol: string) {
  const { text, root } = document;
  const flow = root?.flow === true;
  const firstPair = root?.pairs[0];
  const lastPair = root?.pairs.at(-1);
  const column = firstPair === undefined ? 0 : columnOf(text, firstPair.start);
  const pad = ' '.repeat(column);
  const flowPairs: string[] = [];
  let block = '';
  const edits = (isOpen: boolean): readonly Edit[] => {
    if (root !== undefined && flowPairs.length > 0) {
      const [before, after] = root.pairs.length > 0 ? [', ', ', '] : ['', ''];
      // A merge key overrides the keys before it.
      if (!hasMerge(document))
        return [{ at: root.start + 1, before: '', after: flowPairs.join(', ') + after }];
      return [{ at: root.end - 1, before: '', after: before + flowPairs.join(', ') }];
    }
    if (block === '') return [];
    if (isOpen && firstPair !== undefined)
      return [{ at: lineStart(text, firstPair.start), before: '', after: block }];
    // Comments at the end of the file stay after it.
    const at = lastPair === undefined ? document.end : lineEnd(text, pairEnd(lastPair));
    return [{ at, before: '', after: block }];
  };
  return {
    edits,
    addScalar(key: string, value: string) {
      if (flow) flowPairs.push(`${quoted(key)}: ${value}`);
      else block += `${pad}${key}: ${value}${eol}`;
    },
    addList(key: string, items: readonly Plain[]) {
      if (flow) flowPairs.push(`${quoted(key)}: ${flowText(items)}`);
      else block += `${pad}${key}:${eol}${blockItems(items, column, eol)}`;
    },
  };
}

/** Closes the last line first, if it has no line break. */
function closeLastLine(document: KubeconfigDocument, edits: readonly Edit[], eol: string): readonly Edit[] {
  const { text } = document;
  if (text === '' || text === '\ufeff' || isBreak(text.charCodeAt(text.length - 1))) return edits;
  const first = edits.findIndex(({ at, after }) => at === text.length && after.endsWith(eol));
  if (first < 0) return edits;
  if (endsInOpenBlockScalar(document)) {
    throw unsupported(document, text.length, 'the file ends in a block scalar without a line break', {
      hint: 'Add a line break at the end of the file.',
    });
  }
  return edits.map((edit, index) => (index === first ? { ...edit, after: eol + edit.after } : edit));
}

interface Appended {
  readonly edit: Edit;
  readonly isFirst: boolean;
}

function addToList(options: {
  readonly document: KubeconfigDocument;
  readonly list: ListName;
  readonly pair: Pair;
  readonly items: readonly OurStanza['item'][];
  readonly eol: string;
  /** True if nothing may be written at the end of the file. */
  readonly isOpen: boolean;
}): Appended {
  const { document, list, pair, items, eol } = options;
  const { text, root } = document;
  const { value } = pair;
  const appended = (edit: Edit): Appended => ({ edit, isFirst: false });
  if (value.kind === 'seq' && value.flow) {
    const separator = value.items.length === 0 || value.hasLastComma ? '' : ', ';
    return appended({ at: value.end - 1, before: '', after: separator + items.map(flowText).join(', ') });
  }
  if (value.kind === 'seq') return addToBlock({ ...options, seq: value });
  if (isBare(pair) && root?.flow !== true) {
    const after = blockItems(items, columnOf(text, pair.start), eol);
    return appended({ at: lineEnd(text, (pair.colon ?? 0) + 1), before: '', after });
  }
  return appended(setOrFill(document, pair, flowText([...stanzas(document, list), ...items])));
}

function setOrFill(document: KubeconfigDocument, pair: Pair, value: string): Edit {
  return pair.value.end > pair.value.from
    ? setValue(document, pair, value)
    : fillValue(document, pair, value);
}

function addToBlock({
  document,
  items,
  eol,
  isOpen,
  seq,
}: Parameters<typeof addToList>[0] & { readonly seq: SeqNode }): Appended {
  const { text } = document;
  const [firstItem] = seq.items;
  const dash = firstItem?.dash ?? seq.start;
  const after = blockItems(items, columnOf(text, dash), eol);
  const at = lineEnd(text, Math.max(seq.end, dash + 1));
  if (at < text.length || !isOpen) return { edit: { at, before: '', after }, isFirst: false };
  const start = lineStart(text, dash);
  if (text.slice(start, dash).trim() !== '')
    throw unsupported(document, dash, 'a list is written in an unusual form');
  return { edit: { at: start, before: '', after }, isFirst: true };
}
