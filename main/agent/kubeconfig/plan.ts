import { createHash } from 'node:crypto';
import { AppError } from '../../model/app-error.ts';
import { withId } from '../../model/context-name.ts';
import {
  currentContext,
  decode,
  type KubeconfigDocument,
  listNames,
  parseDocument,
  stanzas,
} from './document.ts';
import { removals } from './removal.ts';
import { additions, type Found, found } from './splice.ts';
import { entryStanzas, field, type KubeconfigEntry, type OurStanza, ourStanzas, ownerOf } from './stanza.ts';
import { applyEdits } from './text-edit.ts';
import { verify } from './verify.ts';

/** A context of ours that was made current, by the id that owns it. */
export interface CurrentChoice {
  readonly id: string;
  readonly context: string;
}

/** One file as we wrote it: enough to get the text back that stood there without us, byte for byte. */
export interface FileState {
  /** SHA-256 of the whole file as written. */
  readonly hash: string;
  /** From the text without us to the text with us, in order: at the old offset `before` became `length` characters. */
  readonly edits: readonly { readonly at: number; readonly before: string; readonly length: number }[];
  readonly stanzas: readonly OurStanza[];
  /** The contexts of ours made current, the latest last. */
  readonly choices: readonly CurrentChoice[];
  readonly found: Found;
}

/** What is to change in one file. */
export interface Change {
  readonly upsert?: readonly KubeconfigEntry[];
  /** Stanzas to put back just as they were. */
  readonly restore?: readonly OurStanza[];
  readonly remove?: readonly string[];
  /** Ids that are to be current no more; their entries stay. */
  readonly release?: readonly string[];
  /** Removes every id of ours but these. */
  readonly keepOnly?: readonly string[];
  /** The id to make current; its context's name where it does not stand in this file. */
  readonly current?: { readonly id: string; readonly context?: string };
  /** How the file was found earlier, where the journal knows nothing any more. */
  readonly reference?: FileState;
  /** Names that stand in the other files of the list. */
  readonly taken?: readonly Named[];
}

export interface Named {
  readonly name: string;
  /** The owner, when the stanza is ours. */
  readonly id: string | undefined;
}

export interface Plan {
  /** The new bytes. */
  readonly bytes: Uint8Array;
  readonly changed: boolean;
  /** True when the bytes were not as we last left them: another writer's work stands in them. */
  readonly foreign: boolean;
  /** Undefined when nothing of ours is left. */
  readonly state: FileState | undefined;
  /** The context's name of every id of ours that stands in the file now. */
  readonly contexts: readonly CurrentChoice[];
  readonly removed: readonly string[];
  readonly currentContext: string | undefined;
}

/** What a reader needs to know of a file. */
export interface Inspection {
  readonly currentContext: string | undefined;
  readonly names: readonly Named[];
  readonly contexts: readonly Named[];
}

export function inspect(bytes: Uint8Array, file: string): Inspection {
  const document = parseDocument(decode(bytes, file), file);
  const named = listNames.map((list) =>
    stanzas(document, list).map((item) => ({ name: String(field(item, 'name')), id: ownerOf(list, item) })),
  );
  return { currentContext: currentContext(document), names: named.flat(), contexts: named[1] ?? [] };
}

/**
 * Computes a file's new bytes; pure, and the only place that decides what they are. The text is first taken back to
 * what it is without us, then everything of ours is added anew, so that taking the last of it away ends in exactly
 * that text. Rejects as `parseDocument`, `additions` and `verify` do.
 */
export function plan(options: {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** What we may have written before, the latest last. */
  readonly states: readonly FileState[];
  readonly change: Change;
}): Plan {
  const { file, bytes, states, change } = options;
  const hash = hashOf(bytes);
  const known = states.find((state) => state.hash === hash);
  const text = decode(bytes, file);
  const before =
    known === undefined
      ? withoutUs(parseDocument(text, file), states.at(-1) ?? change.reference)
      : { base: undo(text, known), ...known };
  const base = typeof before.base === 'string' ? parseDocument(before.base, file) : before.base;
  const removed = [...new Set([...before.stanzas, ...before.choices].map(({ id }) => id))].filter(
    (id) => change.remove?.includes(id) === true || change.keepOnly?.includes(id) === false,
  );
  const isKept = ({ id }: { readonly id: string }) => !removed.includes(id);
  const isCurrent = (choice: CurrentChoice) => isKept(choice) && change.release?.includes(choice.id) !== true;
  const ours = upsert(base, before.stanzas.filter(isKept), change);
  const contexts = ours
    .filter(({ list }) => list === 'contexts')
    .map(({ id, item }) => ({ id, context: item.name }));
  const choices = choose(before.choices.filter(isCurrent), contexts, change.current, file);
  const current = choices.at(-1)?.context;
  const edits = additions(base, { stanzas: ours, current }).toSorted((a, b) => a.at - b.at);
  const after = parseDocument(applyEdits(base.text, edits), file);
  const ofList = (list: OurStanza['list']) =>
    ours.filter((stanza) => stanza.list === list).map(({ item }) => item);
  verify({
    before: base,
    after,
    lists: {
      clusters: [...stanzas(base, 'clusters'), ...ofList('clusters')],
      contexts: [...stanzas(base, 'contexts'), ...ofList('contexts')],
      users: [...stanzas(base, 'users'), ...ofList('users')],
    },
    current: current ?? currentContext(base),
  });
  const written = Buffer.from(after.text);
  return {
    bytes: written,
    changed: after.text !== text,
    foreign: known === undefined,
    state:
      ours.length === 0 && choices.length === 0
        ? undefined
        : {
            hash: hashOf(written),
            edits: edits.map(({ at, before, after }) => ({ at, before, length: after.length })),
            stanzas: ours,
            choices,
            found: found(base),
          },
    contexts,
    removed,
    currentContext: currentContext(after),
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The text without us, where nobody else wrote since. */
function undo(text: string, state: FileState): string {
  let result = '';
  let position = 0;
  let shift = 0;
  for (const { at, before, length } of state.edits) {
    result += text.slice(position, at + shift) + before;
    position = at + shift + length;
    shift += length - before.length;
  }
  return result + text.slice(position);
}

/** The text without us, where others wrote since: our stanzas are known by their extension. */
function withoutUs(document: KubeconfigDocument, last: FileState | undefined) {
  const ours = ourStanzas(document);
  const name = currentContext(document);
  const choice =
    ours
      .filter(({ list, item }) => list === 'contexts' && item.name === name)
      .map(({ id }) => ({ id, context: String(name) }))
      .at(0) ?? last?.choices.find(({ context }) => context === name);
  const earlier = last?.choices.filter(({ id }) => id !== choice?.id) ?? [];
  // A person who switched to a context of their own ended our say in the matter.
  const choices = choice === undefined ? [] : [...earlier, choice];
  if (ours.length === 0 && choice === undefined) return { base: document, stanzas: ours, choices };
  const edits = removals(document, {
    isOurs: (list, index) => ownerOf(list, stanzas(document, list)[index]) !== undefined,
    found: last?.found ?? {
      lists: { clusters: '[]', contexts: '[]', users: '[]' },
      current: { source: '""', value: '' },
    },
    restoreCurrent: choice !== undefined,
  });
  const base = parseDocument(applyEdits(document.text, edits), document.file);
  const foreign = (list: OurStanza['list']) =>
    stanzas(document, list).filter((item) => ownerOf(list, item) === undefined);
  verify({
    before: document,
    after: base,
    lists: { clusters: foreign('clusters'), contexts: foreign('contexts'), users: foreign('users') },
    current: choice === undefined ? name : last?.found.current?.value || undefined,
  });
  return { base, stanzas: ours, choices };
}

function upsert(
  base: KubeconfigDocument,
  present: readonly OurStanza[],
  change: Change,
): readonly OurStanza[] {
  const foreign = listNames.flatMap((list) =>
    stanzas(base, list).map((item) => ({ name: String(field(item, 'name')), id: undefined })),
  );
  const restored = change.restore?.filter(({ id }) => !present.some((stanza) => stanza.id === id)) ?? [];
  let ours = [...present, ...restored];
  for (const entry of change.upsert ?? []) {
    const old = ours.find(({ list, id }) => list === 'contexts' && id === entry.id)?.item;
    const others = [
      ...foreign,
      ...ours.map(({ id, item }) => ({ id, name: item.name })),
      ...(change.taken ?? []),
    ];
    const taken = new Set(others.filter(({ id }) => id !== entry.id).map(({ name }) => name));
    const namespace = entry.namespace ?? field(old?.context, 'namespace');
    const stanzas = entryStanzas(
      entry,
      freeName(entry, old?.name, taken),
      typeof namespace === 'string' ? namespace : undefined,
    );
    const at = ours.findIndex(({ id }) => id === entry.id);
    const rest = ours.filter(({ id }) => id !== entry.id);
    ours = at < 0 ? [...rest, ...stanzas] : rest.toSpliced(Math.min(at, rest.length), 0, ...stanzas);
  }
  return ours;
}

/**
 * The wanted name, or where somebody else has it the name with a part of the id's hash, which is the same whoever came
 * first. That name is kept while it is free.
 */
function freeName(
  { id, name }: KubeconfigEntry,
  old: string | undefined,
  taken: ReadonlySet<string>,
): string {
  const own = withId(name, id);
  if (!taken.has(name) && old !== own) return name;
  if (!taken.has(own)) return own;
  let number = 2;
  while (taken.has(`${own}-${number}`)) number += 1;
  return `${own}-${number}`;
}

function choose(
  choices: readonly CurrentChoice[],
  contexts: readonly CurrentChoice[],
  wanted: Change['current'],
  file: string,
): readonly CurrentChoice[] {
  const nameOf = (id: string) => contexts.find((context) => context.id === id)?.context;
  const renamed = choices.map(({ id, context }) => ({ id, context: nameOf(id) ?? context }));
  if (wanted === undefined) return renamed;
  const context = nameOf(wanted.id) ?? wanted.context;
  if (context === undefined) {
    throw new AppError('not-found', `${file} holds no entry for ${wanted.id}.`, {
      hint: 'Connect the cluster first.',
    });
  }
  return [...renamed.filter(({ id }) => id !== wanted.id), { id: wanted.id, context }];
}
