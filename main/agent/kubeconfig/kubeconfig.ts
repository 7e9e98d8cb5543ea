import path from 'node:path';
import { AppError } from '../../model/app-error.ts';
import { createSerialQueue } from '../async/serial-queue.ts';
import type { Clock, Logger } from '../parts.ts';
import { createAttributes } from './attributes.ts';
import { type Changes, createChanges, previewEdit } from './changes.ts';
import { type Checked, checkEntries } from './check.ts';
import { createEditor, type EditedFile } from './editor.ts';
import { type KubeconfigSource, resolveFiles, targetOf } from './files.ts';
import { createGuard } from './guard.ts';
import { createEditHistory } from './history.ts';
import type { Inspection } from './inspection.ts';
import { openJournal } from './journal.ts';
import { createLookups } from './lookups.ts';
import { ofOthers, passedOver } from './oddities.ts';
import { createOwner } from './owner.ts';
import type { Change } from './plan.ts';
import { createPlanner, type WorkerScript } from './planner.ts';
import { createReader } from './reader.ts';
import type { KubeconfigEntry } from './stanza.ts';
import { createWithdrawal } from './withdrawal.ts';

export type { KubeconfigSource } from './files.ts';
export type { KubeconfigEntry } from './stanza.ts';

/**
 * Adds our entries to the user's kubeconfig and removes them again. Edits of one instance run one after the other.
 * There may be only one instance for each state folder. Every byte that is not ours stays, and if no other program
 * wrote meanwhile, the file is byte for byte as before once the last entry is removed.
 * All functions reject with `kubeconfig-unreadable`, `-invalid`, `-unsupported`, and if they write with `-unwritable`,
 * `-locked`, `-conflict` or `disk-full`. The file is then unchanged.
 */
export interface Kubeconfig extends Changes {
  /**
   * Adds or updates entries in the file where kubectl would add them. `current` names the id whose context becomes the
   * current-context. Resolves with the context names by id. Calling twice is safe.
   */
  add(
    source: KubeconfigSource,
    entries: readonly KubeconfigEntry[],
    options: { readonly current?: string },
  ): Promise<{
    readonly contexts: ReadonlyMap<string, string>;
    readonly file: string;
    readonly warnings: readonly string[];
  }>;
  /** Resolves with the difference that `add` would make, without passwords. Writes nothing. */
  preview(
    source: KubeconfigSource,
    entries: readonly KubeconfigEntry[],
    options: { readonly current?: string },
  ): Promise<{ readonly file: string; readonly diff: string; readonly currentContext: string | undefined }>;
  /** Makes our entry of that id current. Rejects with `not-found` if no file contains it. */
  use(source: KubeconfigSource, id: string): Promise<{ readonly context: string }>;
  /**
   * Removes our entries of these ids from every file that we wrote and every file of `source`. If one was current,
   * restores the previous context: one of ours, else the one that was current before us. Ignores ids without an entry.
   * A file that we wrote and that cannot be changed now is a failure in the result: the others are changed all the same.
   */
  remove(
    source: KubeconfigSource,
    ids: readonly string[],
  ): Promise<{
    readonly removed: readonly string[];
    readonly currentContext: string | undefined;
    readonly warnings: readonly string[];
    readonly failures: readonly AppError[];
  }>;
  /**
   * Restores the previous context as `remove` does, and keeps the entries. Changes the files of `source` only, unless
   * `everywhere`.
   */
  release(
    source: KubeconfigSource,
    ids: readonly string[],
    options?: { readonly everywhere?: boolean },
  ): ReturnType<Kubeconfig['remove']>;
  /** Resolves with the current context, the file that sets it, and the id if it is ours. Reads only changed files. */
  current(source: KubeconfigSource): Promise<{
    readonly context: string | undefined;
    readonly id: string | undefined;
    readonly file: string | undefined;
  }>;
  /** Resolves with a sentence, with file and line, for each thing that kubectl passes over without a word. */
  oddities(source: KubeconfigSource): Promise<readonly string[]>;
  /** Resolves with the files that `current` reads, as they are named and after their links. They may not exist. */
  paths(source: KubeconfigSource): Promise<readonly string[]>;
  /**
   * Resolves with the context that `release` of that id would restore, if the id is current: the context's name,
   * undefined if there is none, and its id if it is ours. Resolves with undefined if the id is not current.
   */
  previous(
    source: KubeconfigSource,
    id: string,
  ): Promise<{ readonly context: string | undefined; readonly id: string | undefined } | undefined>;
  /** Resolves with the file that contains our entry of that id, and the names of its context, cluster and user. */
  entry(
    source: KubeconfigSource,
    id: string,
  ): Promise<{ readonly file: string; readonly name: string } | undefined>;
  /**
   * For the agent's start: finishes what a crash interrupted, and removes all entries of ours from every file that we
   * wrote, except those of `keep`. A file that cannot be cleaned is a warning, and stays in the journal for the next
   * start.
   */
  recover(keep: ReadonlySet<string>): Promise<{
    readonly removed: readonly string[];
    readonly kept: readonly string[];
    readonly warnings: readonly string[];
  }>;
  /**
   * Resolves with the state of every entry that we wrote, as its file is now. First puts back what a kubectl undid that
   * had read the file before our last write.
   */
  check(): Promise<Checked>;
  /** Resolves with the files that contain entries of ours. */
  files(): Promise<readonly EditedFile[]>;
  /** Writes our clusters and users in a file again as we last wrote them. Rejects if the file cannot be written. */
  repair(file: EditedFile): Promise<void>;
  /** Resolves with the id that marks entries as this agent's. It is stored by then. */
  owner(): Promise<string>;
  /** Waits for running edits and stops the guard of written files. Entries stay. */
  close(): Promise<void>;
}

export function createKubeconfig(options: {
  /** Our state folder, which contains `journal.json` and `backups/`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long to wait for kubectl's lock, ms. */
  readonly lockTimeoutMs?: number;
  /** The script of `plan-worker`. Without it, large files are planned in the caller's thread. */
  readonly worker?: WorkerScript | undefined;
  /**
   * Called with a warning before a password is written to a file that other accounts may read. The result has the
   * warning too.
   */
  readonly onExposed?: (warning: string) => void;
}): Kubeconfig {
  const { folder, clock, logger, lockTimeoutMs = 10_000, worker, onExposed = () => {} } = options;
  const journal = openJournal(path.join(folder, 'journal.json'), logger);
  const history = createEditHistory({ folder: path.join(folder, 'history'), clock, logger });
  const planner = createPlanner(worker);
  const owner = createOwner(path.join(folder, 'owner.json'), logger);
  const disk = { folder, journal, history, owner, attributes: createAttributes(), lockTimeoutMs };
  const parts = { ...disk, planner, clock, logger, onExposed };
  const editor = createEditor(parts);
  const reader = createReader({ ...parts, owner: owner.id });
  const queue = createSerialQueue();
  const editAndRemember = async (file: EditedFile, change: Change) => {
    const edited = await editor.edit(file, change);
    reader.wrote(file, edited);
    return edited;
  };
  const guard = createGuard({ clock, logger, queue, edit: editAndRemember, read: reader.read });

  async function edit(file: EditedFile, change: Change) {
    const edited = await editAndRemember(file, change);
    guard.watch(file, edited);
    return edited;
  }

  const { readAll, current, ...lookups } = createLookups({ reader, journal });

  const addition = async (
    source: KubeconfigSource,
    entries: readonly KubeconfigEntry[],
    id: string | undefined,
  ) => {
    const files = await resolveFiles(source);
    const target = targetOf(files, source);
    const others = new Map<EditedFile, Inspection>();
    for (const file of files.all)
      if (file !== target && file.isReadable) others.set(file, await reader.read(file));
    const taken = [...others.values()].flatMap(({ names }) => names);
    const change = { upsert: entries, taken, ...(id === undefined ? {} : { current: { id } }) };
    return { files, target, others, change };
  };

  const withdrawal = createWithdrawal({ logger, queue, journal, reader, edit, sweep: editor.sweep, current });

  return {
    add: (source, entries, { current: id }) =>
      queue(async () => {
        const { files, target, others, change } = await addition(source, entries, id);
        const { plan, warnings } = await edit(target, change);
        const wanted = new Set(entries.map((entry) => entry.id));
        const seen = files.all.flatMap((file) => {
          const inspection = file === target ? plan.after : others.get(file);
          return inspection === undefined ? [] : [{ file: file.given, inspection }];
        });
        return {
          contexts: new Map(
            plan.contexts.filter((one) => wanted.has(one.id)).map((one) => [one.id, one.context]),
          ),
          file: target.given,
          warnings: [...files.warnings, ...warnings, ...passedOver(seen), ...ofOthers(seen, wanted)],
        };
      }),

    preview: (source, entries, { current: id }) =>
      queue(async () => {
        const { target, change } = await addition(source, entries, id);
        return previewEdit({ journal, planner, owner: await owner.id() }, target, change);
      }),

    ...createChanges({ queue, history, planner, owner: owner.id, edit, readAll }),
    use: (source, id) =>
      queue(async () => {
        const files = await resolveFiles(source);
        for (const file of files.all) {
          const entry = file.exists
            ? (await reader.read(file)).contexts.find((one) => one.id === id)
            : undefined;
          if (entry === undefined) continue;
          await edit(targetOf(files, source), { current: { id, context: entry.name } });
          return { context: entry.name };
        }
        throw new AppError('not-found', `No kubeconfig has an entry of k8s-tunnels for ${id}.`, {
          hint: 'Connect the cluster first.',
        });
      }),

    remove: (source, ids) => withdrawal.withdraw(source, ids, { remove: ids }),
    release: (source, ids, { everywhere = false } = {}) =>
      withdrawal.withdraw(source, ids, { release: ids }, everywhere),
    current,
    ...lookups,

    recover: withdrawal.recover,
    check: () =>
      queue(async () => {
        await guard.lookNow().catch(() => {});
        return checkEntries(journal, reader);
      }),
    files: async () => [...(await journal.all())].map(([real, { given }]) => ({ given, real })),
    repair: (file) => queue(async () => void (await edit(file, {}))),

    async owner() {
      await owner.save();
      return owner.id();
    },
    close: () =>
      queue(async () => {
        guard.close();
        planner.close();
      }),
  };
}
