import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { SerialQueue } from '../async/serial-queue.ts';
import { contentHash } from './content-hash.ts';
import type { Edited, EditedFile } from './editor.ts';
import { type KubeconfigSource, resolveFiles, targetOf } from './files.ts';
import type { EditHistory, KubeconfigEdit } from './history.ts';
import type { Inspection } from './inspection.ts';
import type { Journal } from './journal.ts';
import type { Change } from './plan.ts';
import type { Planner } from './planner.ts';
import { snapshot } from './write.ts';

/** An edit of ours, in words. */
export interface EditView {
  readonly id: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly file: string;
  /** The names of contexts. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Set if the current context was switched. Undefined values: none. */
  readonly current?: { readonly from: string | undefined; readonly to: string | undefined };
  /** True if a later edit undid this one. */
  readonly isUndone: boolean;
  /** The edit that this one undid. */
  readonly undoes?: string;
}

/** A context in the files of a source. */
export interface ListedContext {
  readonly name: string;
  /** The id if it is ours. */
  readonly id: string | undefined;
  readonly file: string;
}

/** The contexts in the files of a source, what we changed there, and how to take it back. */
export interface Changes {
  /** Resolves with all contexts of the files, as kubectl merges them. */
  contexts(source: KubeconfigSource): Promise<readonly ListedContext[]>;
  /** Makes a context that is not ours current, as `kubectl config use-context` does. */
  switchForeign(source: KubeconfigSource, context: string): Promise<void>;
  /** Resolves with our edits of the files of a source, the latest first. */
  edits(source: KubeconfigSource): Promise<readonly EditView[]>;
  /**
   * Resolves with the difference that an edit made, the latest where undefined, without passwords. Rejects with
   * `not-found`.
   */
  diff(source: KubeconfigSource, id: string | undefined): Promise<string>;
  /**
   * Restores the bytes of before an edit: the latest that is not undone where undefined. Resolves with the edit, and the
   * ids of clusters whose entries this removed and added. Rejects with `not-found`, and with `kubeconfig-conflict` if the
   * file has changed since that edit.
   */
  undo(
    source: KubeconfigSource,
    id: string | undefined,
  ): Promise<{
    readonly edit: EditView;
    readonly removed: readonly string[];
    readonly added: readonly string[];
  }>;
}

export function createChanges(options: {
  readonly queue: SerialQueue;
  readonly history: EditHistory;
  readonly planner: Pick<Planner, 'inspect' | 'diff'>;
  /** Resolves with the id of this agent, which its stanzas have. */
  readonly owner: () => Promise<string>;
  readonly edit: (file: EditedFile, change: Change) => Promise<Edited>;
  readonly readAll: (
    source: KubeconfigSource,
  ) => Promise<readonly (Inspection & { readonly path: string })[]>;
}): Changes {
  const { queue, history, planner, edit, readAll } = options;

  const look = async (bytes: Uint8Array, file: string) =>
    planner.inspect({ bytes, file, owner: await options.owner() });

  const editsOf = async (source: KubeconfigSource) =>
    history.of((await resolveFiles(source)).all.map(({ real }) => real));
  const textsOf = async ({ before, after }: KubeconfigEdit) => {
    const [old, now] = await Promise.all([history.content(before), history.content(after)]);
    return { before: old ?? new Uint8Array(), after: now ?? new Uint8Array() };
  };
  const isUndone = (edits: readonly KubeconfigEdit[], { id }: KubeconfigEdit) =>
    edits.some(({ undoes }) => undoes === id);
  const viewOf = async (edits: readonly KubeconfigEdit[], one: KubeconfigEdit): Promise<EditView> => {
    const texts = await textsOf(one);
    const old = await look(texts.before, one.given);
    const now = await look(texts.after, one.given);
    const names = (list: typeof old.contexts) => list.map(({ name }) => name);
    const without = (list: typeof old.contexts, others: typeof old.contexts) =>
      names(list).filter((name) => !names(others).includes(name));
    return {
      id: one.id,
      at: one.at,
      file: one.given,
      added: without(now.contexts, old.contexts),
      removed: without(old.contexts, now.contexts),
      ...(old.currentContext === now.currentContext
        ? {}
        : { current: { from: old.currentContext, to: now.currentContext } }),
      isUndone: isUndone(edits, one),
      ...(one.undoes === undefined ? {} : { undoes: one.undoes }),
    };
  };
  const find = (
    edits: readonly KubeconfigEdit[],
    id: string | undefined,
    wanted: KubeconfigEdit | undefined,
  ) => {
    const found = id === undefined ? wanted : edits.find((one) => one.id === id);
    if (found !== undefined) return found;
    throw id === undefined
      ? new AppError('not-found', 'k8s-tunnels has not changed this kubeconfig.', {
          hint: 'Nothing has to be undone.',
        })
      : new AppError('not-found', `There is no edit ${id} of this kubeconfig.`, {
          hint: 'See `k8s-tunnels kubeconfig history`.',
        });
  };

  return {
    async contexts(source) {
      const all = (await readAll(source)).flatMap(({ contexts, path: file }) =>
        contexts.map(({ name, id }) => ({ name, id, file })),
      );
      // The first of a name counts for kubectl.
      return [...new Map(all.toReversed().map((one) => [one.name, one])).values()].toReversed();
    },
    switchForeign: (source, context) =>
      queue(async () => {
        await edit(targetOf(await resolveFiles(source), source), { foreign: context });
      }),
    async edits(source) {
      const edits = await editsOf(source);
      const views: EditView[] = [];
      // An edit whose contents are not stored any more cannot be shown or undone.
      for (const one of edits)
        views.push(
          ...(await viewOf(edits, one).then(
            (view) => [view],
            () => [],
          )),
        );
      return views;
    },
    async diff(source, id) {
      const edits = await editsOf(source);
      const one = find(edits, id, edits[0]);
      const { before, after } = await textsOf(one);
      return planner.diff({ name: one.given, before, after });
    },
    undo: (source, id) =>
      queue(async () => {
        const edits = await editsOf(source);
        const open = edits.find((one) => one.undoes === undefined && !isUndone(edits, one));
        const one = find(edits, id, open);
        const { real, given } = one;
        const now = await snapshot(real);
        const hash = now.status === undefined ? null : await contentHash(now.bytes);
        if (hash !== one.after)
          throw new AppError('kubeconfig-conflict', `${given} has changed since that edit.`, {
            hint: `See what it changed with \`${command`k8s-tunnels kubeconfig diff ${one.id}`}\`, and undo later edits first.`,
          });
        const bytes = (await history.content(one.before)) ?? new Uint8Array();
        const state = one.record?.states.at(-1);
        const change = { restored: { bytes, state }, undoes: one.id };
        const { plan } = await edit({ given, real }, change);
        const known = (await look(now.bytes, given)).contexts.map((context) => context.id);
        const added = plan.contexts.map((context) => context.id).filter((name) => !known.includes(name));
        return { edit: await viewOf(await editsOf(source), one), removed: plan.removed, added };
      }),
  };
}

/** Resolves with what a change would make of a file, without writing anything. Rejects as an edit does. */
export async function previewEdit(
  {
    journal,
    planner,
    owner,
  }: { readonly journal: Journal; readonly planner: Planner; readonly owner: string },
  { given, real }: EditedFile,
  change: Change,
): Promise<{ readonly file: string; readonly diff: string; readonly currentContext: string | undefined }> {
  const { bytes } = await snapshot(real);
  const states = (await journal.get(real))?.states ?? [];
  const planned = await planner.plan({ file: real, bytes, states, change, owner });
  return {
    file: given,
    diff: await planner.diff({ name: given, before: bytes, after: planned.bytes }),
    currentContext: planned.currentContext,
  };
}
