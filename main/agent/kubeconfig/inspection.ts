import {
  currentContext,
  type KubeconfigDocument,
  lineOf,
  listNames,
  parseDocument,
  stanzas,
  topPair,
} from './document.ts';
import { decode } from './encoding.ts';
import { isIntact, ownedStanzas, type Stranger, strangersIn } from './ownership.ts';
import type { FileState, Named } from './plan.ts';
import { bodyOf, field, type OurStanza } from './stanza.ts';
import { isBreak } from './yaml/characters.ts';

/** The state of an entry of ours in a file. */
export interface EntryState {
  readonly id: string;
  /** `no-context`: its context was deleted. `changed`: its cluster or its user is not as we wrote it, or is missing. */
  readonly status: 'intact' | 'changed' | 'no-context';
  /** The name of its context, or of what is left of it. */
  readonly name: string;
  /** The program that kubectl runs for its credential, and its arguments. */
  readonly plugin: readonly string[];
  /** What we wrote and is gone, in the words of a kubeconfig: its cluster, its user, `proxy-url`. */
  readonly lacks: readonly string[];
}

/** A stanza of a file, with its line. */
export interface Listed extends Named {
  readonly list: (typeof listNames)[number];
  readonly line: number;
}

/** The parts of a file that a reader needs. */
export interface Inspection {
  readonly currentContext: string | undefined;
  readonly names: readonly Listed[];
  readonly contexts: readonly Listed[];
  readonly entries: readonly EntryState[];
  /** The clusters that other agents wrote. */
  readonly strangers: readonly Stranger[];
  /** The line of current-context. */
  readonly currentLine: number;
  /** The line where a second document begins, which kubectl does not read. */
  readonly unreadFrom: number | undefined;
}

/** Reads a file. `last` is our last state of it: what we wrote is compared with it. Throws as `parseDocument`. */
export function inspect(options: {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly owner: string;
  readonly last?: FileState | undefined;
}): Inspection {
  const { bytes, file, owner, last } = options;
  return inspectDocument(parseDocument(decode(bytes, file), file), owner, last);
}

export function inspectDocument(
  document: KubeconfigDocument,
  owner: string,
  last: FileState | undefined,
): Inspection {
  const owned = ownedStanzas(document, owner, last);
  const lineAt = lineCounter(document.text);
  const names = listNames.flatMap((list) => listed(document, list, { owned, lineAt }));
  const current = topPair(document, 'current-context');
  return {
    currentContext: currentContext(document),
    names,
    contexts: names.filter(({ list }) => list === 'contexts'),
    entries: entryStates(
      owned.map(({ stanza }) => stanza),
      last,
    ),
    strangers: strangersIn(document, owner),
    currentLine: current === undefined ? 1 : lineOf(document.text, current.start),
    unreadFrom: document.next === undefined ? undefined : lineOf(document.text, document.next),
  };
}

function listed(
  document: KubeconfigDocument,
  list: Listed['list'],
  {
    owned,
    lineAt,
  }: { readonly owned: ReturnType<typeof ownedStanzas>; readonly lineAt: (offset: number) => number },
): readonly Listed[] {
  const ids = new Map(
    owned.flatMap(({ index, stanza }) => (stanza.list === list ? [[index, stanza.id] as const] : [])),
  );
  const value = topPair(document, list)?.value;
  const seq = value?.kind === 'alias' ? value.target : value;
  let start = 0;
  return stanzas(document, list).map((item, index) => {
    start = (seq?.kind === 'seq' ? seq.items[index]?.node.start : undefined) ?? start;
    return { list, line: lineAt(start), name: String(field(item, 'name') ?? ''), id: ids.get(index) };
  });
}

/** Returns a function that returns the number of a line, from 1. It counts on from the offset before, if that is less. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let at = 0;
  return (offset) => {
    if (offset < at) {
      line = 1;
      at = 0;
    }
    for (; at < offset; at += 1) {
      const code = text.charCodeAt(at);
      if (isBreak(code) && !(code === 13 && text.charCodeAt(at + 1) === 10)) line += 1;
    }
    return line;
  };
}

function entryStates(owned: readonly OurStanza[], last: FileState | undefined): readonly EntryState[] {
  return [...Map.groupBy(owned, ({ id }) => id)].map(([id, ours]) => {
    const of = (list: OurStanza['list']) => ours.find((stanza) => stanza.list === list);
    const isWhole = (seen: OurStanza | undefined) => {
      const wrote = last?.stanzas.find((stanza) => stanza.list === seen?.list && stanza.id === id);
      return seen !== undefined && (wrote === undefined || isIntact(seen, wrote));
    };
    const [cluster, context, user] = [of('clusters'), of('contexts'), of('users')];
    const wroteProxy = last?.stanzas.some(
      (stanza) => stanza.id === id && field(bodyOf('clusters', stanza.item), 'proxy-url') !== undefined,
    );
    const lacksProxy =
      cluster !== undefined &&
      wroteProxy === true &&
      field(bodyOf('clusters', cluster.item), 'proxy-url') === undefined;
    const lacks = [
      ...(cluster === undefined ? ['cluster'] : []),
      ...(user === undefined ? ['user'] : []),
      ...(lacksProxy ? ['proxy-url'] : []),
    ];
    const exec = field(bodyOf('users', user?.item), 'exec');
    const args = field(exec, 'args');
    const status =
      context === undefined ? 'no-context' : isWhole(cluster) && isWhole(user) ? 'intact' : 'changed';
    return {
      id,
      status,
      name: (context ?? cluster ?? user)?.item.name ?? id,
      lacks,
      plugin: [String(field(exec, 'command') ?? ''), ...(Array.isArray(args) ? args.map(String) : [])],
    };
  });
}
