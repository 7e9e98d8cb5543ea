import { createHash } from 'node:crypto';
import { AppError } from '../../model/app-error.ts';
import { currentContext, type KubeconfigDocument, parseDocument, stanzas } from './document.ts';
import { decode, encodeAs } from './encoding.ts';
import { type Inspection, inspect, inspectDocument } from './inspection.ts';
import { additions, type Found, found } from './splice.ts';
import { type KubeconfigEntry, type OurStanza, quoted } from './stanza.ts';
import { applyEdits } from './text-edit.ts';
import { upsert } from './upsert.ts';
import { verify } from './verify.ts';
import { undo, withoutUs } from './without-us.ts';

/** A context of ours that was made current, by the id of its owner. */
export interface CurrentChoice {
  readonly id: string;
  readonly context: string;
}

/** A file as we wrote it, with enough information to restore the text without our entries byte for byte. */
export interface FileState {
  /** SHA-256 of the whole file as written. */
  readonly hash: string;
  /**
   * The edits from the text without our entries to the text with them, in order: at the old offset, `before` became
   * `length` characters.
   */
  readonly edits: readonly { readonly at: number; readonly before: string; readonly length: number }[];
  readonly stanzas: readonly OurStanza[];
  /** Our contexts that were made current, the latest last. */
  readonly choices: readonly CurrentChoice[];
  readonly found: Found;
}

/** The changes to make in one file. */
export interface Change {
  readonly upsert?: readonly KubeconfigEntry[];
  /** Stanzas to restore unchanged. */
  readonly restore?: readonly OurStanza[];
  readonly remove?: readonly string[];
  /** Ids that must no longer be current. Their entries stay. */
  readonly release?: readonly string[];
  /** Removes all our ids except these. */
  readonly keepOnly?: readonly string[];
  /** The id to make current, with its context's name if this file does not contain it. */
  readonly current?: { readonly id: string; readonly context?: string };
  /** An earlier state of the file, if the journal no longer has one. */
  readonly reference?: FileState;
  /** Names in the other files of the list. */
  readonly taken?: readonly Named[];
  /** A context of another program to make current, as `kubectl config use-context` does. */
  readonly foreign?: string;
  /** The whole content to write, and our state of it: that of before an edit that is undone. */
  readonly restored?: { readonly bytes: Uint8Array; readonly state: FileState | undefined };
  /** The edit that this change undoes. */
  readonly undoes?: string;
}

export interface Named {
  readonly name: string;
  /** The id of the owner, if the stanza is ours. */
  readonly id: string | undefined;
}

export interface Plan {
  /** The new bytes. */
  readonly bytes: Uint8Array;
  readonly changed: boolean;
  /** True if the file changed since our last write: another program wrote to it. */
  readonly foreign: boolean;
  /** Undefined if no entry of ours is left. */
  readonly state: FileState | undefined;
  /** The context name of every id of ours in the file. */
  readonly contexts: readonly CurrentChoice[];
  readonly removed: readonly string[];
  readonly currentContext: string | undefined;
  /** The new content. */
  readonly after: Inspection;
}

/**
 * Computes a file's new bytes. Pure, and the only function that decides what they are. First restores the text without
 * our entries, then adds all our entries again, so that removing the last of them results in exactly that text. Throws
 * as `parseDocument`, `additions` and `verify` do.
 */
export function plan(options: {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** The states that we may have written before, the latest last. */
  readonly states: readonly FileState[];
  readonly change: Change;
  /** The id of this agent, which its stanzas have. */
  readonly owner: string;
}): Plan {
  const { file, bytes, states, change, owner } = options;
  const hash = hashOf(bytes);
  const known = states.find((state) => state.hash === hash);
  const text = decode(bytes, file);
  if (change.restored !== undefined) return restoredPlan(options, change.restored, known === undefined);
  const before =
    known === undefined
      ? withoutUs(parseDocument(text, file), owner, states.at(-1) ?? change.reference)
      : { base: undo(text, known), ...known };
  const own = typeof before.base === 'string' ? parseDocument(before.base, file) : before.base;
  // The user's choice is part of the text without our entries: it stays when they are removed.
  const base = change.foreign === undefined ? own : withCurrent(own, change.foreign);
  const earlier = change.foreign === undefined ? before.choices : [];
  const removed = [...new Set([...before.stanzas, ...earlier].map(({ id }) => id))].filter(
    (id) => change.remove?.includes(id) === true || change.keepOnly?.includes(id) === false,
  );
  const isKept = ({ id }: { readonly id: string }) => !removed.includes(id);
  const isCurrent = (choice: CurrentChoice) => isKept(choice) && change.release?.includes(choice.id) !== true;
  const ours = upsert(base, before.stanzas.filter(isKept), { ...change, owner });
  const contexts = ours
    .filter(({ list }) => list === 'contexts')
    .map(({ id, item }) => ({ id, context: item.name }));
  const choices = choose(earlier.filter(isCurrent), contexts, change.current, file);
  const current = choices.at(-1)?.context;
  const added = additions(base, { stanzas: ours, current });
  const edits = added.edits.toSorted((a, b) => a.at - b.at);
  const after = parseDocument(applyEdits(base.text, edits), file);
  const withOurs = (list: OurStanza['list']) => {
    const items = ours.filter((stanza) => stanza.list === list).map(({ item }) => item);
    return added.first.has(list) ? [...items, ...stanzas(base, list)] : [...stanzas(base, list), ...items];
  };
  verify({
    before: base,
    after,
    lists: {
      clusters: withOurs('clusters'),
      contexts: withOurs('contexts'),
      users: withOurs('users'),
    },
    current: current ?? currentContext(base),
  });
  const written = encodeAs(bytes, after.text);
  const state: FileState | undefined =
    ours.length === 0 && choices.length === 0
      ? undefined
      : {
          hash: hashOf(written),
          edits: edits.map(({ at, before, after }) => ({ at, before, length: after.length })),
          stanzas: ours,
          choices,
          found: found(base),
        };
  return {
    bytes: written,
    changed: after.text !== text,
    foreign: known === undefined,
    state,
    contexts,
    removed,
    currentContext: currentContext(after),
    after: inspectDocument(after, owner, state),
  };
}

function withCurrent(base: KubeconfigDocument, context: string): KubeconfigDocument {
  // As kubectl writes it, where no parser reads anything else.
  const isPlain =
    /^[A-Za-z_][\w./@-]*$/.test(context) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(context);
  const edits = additions(base, { stanzas: [], current: context }).edits.map((edit) =>
    isPlain ? { ...edit, after: edit.after.replace(quoted(context), context) } : edit,
  );
  const after = parseDocument(
    applyEdits(
      base.text,
      edits.toSorted((a, b) => a.at - b.at),
    ),
    base.file,
  );
  const lists = {
    clusters: stanzas(base, 'clusters'),
    contexts: stanzas(base, 'contexts'),
    users: stanzas(base, 'users'),
  };
  verify({ before: base, after, lists, current: context });
  return after;
}

function restoredPlan(
  { file, bytes, states, owner }: Parameters<typeof plan>[0],
  { bytes: written, state }: NonNullable<Change['restored']>,
  foreign: boolean,
): Plan {
  const idsOf = (known: FileState | undefined) => new Set(known?.stanzas.map(({ id }) => id));
  const kept = idsOf(state);
  const after = inspect({ bytes: written, file, owner, last: state });
  return {
    bytes: written,
    changed: !Buffer.from(written).equals(bytes),
    foreign,
    state,
    contexts: (state?.stanzas ?? [])
      .filter(({ list }) => list === 'contexts')
      .map(({ id, item }) => ({ id, context: item.name })),
    removed: [...idsOf(states.at(-1))].filter((id) => !kept.has(id)),
    currentContext: after.currentContext,
    after,
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
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
