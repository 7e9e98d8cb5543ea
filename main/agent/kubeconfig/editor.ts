import { mkdir, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { allDone } from '../async/all-done.ts';
import { type Clock, type Logger, systemClock } from '../parts.ts';
import { whileBusy } from '../storage/busy-file.ts';
import type { Attributes } from './attributes.ts';
import { backUp } from './backups.ts';
import { type KubeconfigFile, lockPaths, missingFolders } from './files.ts';
import type { EditHistory } from './history.ts';
import type { Journal, JournalRecord } from './journal.ts';
import { breakOwn, unwritable, waitForLocks, withLocks } from './lock.ts';
import type { Owner } from './owner.ts';
import type { Change, FileState, Plan } from './plan.ts';
import type { Planner } from './planner.ts';
import { finishWrite } from './unfinished.ts';
import { holdsPassword, inPlaceWarning, modeWarnings } from './warnings.ts';
import {
  commit,
  isSame,
  type Prepared,
  prepare,
  removeFile,
  type Snapshot,
  snapshot,
  statusInPlace,
  syncFolder,
  temporaryFor,
  type Way,
} from './write.ts';

/** The paths through which a file is edited. */
export type EditedFile = Pick<KubeconfigFile, 'given' | 'real'>;

export interface Edited {
  readonly plan: Plan;
  /** The file after the edit. */
  readonly after: Snapshot;
  readonly warnings: readonly string[];
  /** The previous journal state: it describes the file without our entries. */
  readonly before: FileState | undefined;
}

/** Edits one file at a time. The caller queues the edits. */
export interface Editor {
  /** Applies a change. Writes nothing if the file has it already. Rejects with a `kubeconfig-…` code or `disk-full`. */
  edit(file: EditedFile, change: Change): Promise<Edited>;
  /** Removes what a killed process of ours left beside the file: its temporary file and its locks. */
  sweep(file: EditedFile): Promise<void>;
}

/** How many times another writer may change the file before we give up. */
const attempts = 20;
/** A writer without a lock that truncates the file first has written the rest long before this. By the system's clock, as a file's age. */
const settleMs = 500;
const settleStepMs = 20;

export function createEditor(options: {
  /** The folder of the backups. */
  readonly folder: string;
  readonly journal: Journal;
  readonly history: Pick<EditHistory, 'add'>;
  readonly planner: Planner;
  readonly attributes: Attributes;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lockTimeoutMs: number;
  /** Called with a warning before a password is written to a file that other accounts may read. */
  readonly onExposed: (warning: string) => void;
}): Editor {
  const { folder, journal, history, planner, attributes, owner, clock, logger, onExposed } = options;
  const { lockTimeoutMs: timeoutMs } = options;

  /** Reads a complete file: never one that is being written under a lock, or whose writing has just begun. */
  async function read(file: EditedFile, locks: readonly string[]): Promise<Snapshot> {
    for (let attempt = 0; ; attempt += 1) {
      const seen = await snapshot(file.real);
      const waited = await waitForLocks({ locks, clock, timeoutMs });
      const justTruncated = seen.bytes.length === 0 && isFresh(seen);
      if ((!waited && !justTruncated) || attempt > settleMs / settleStepMs) return seen;
      if (justTruncated) await systemClock.sleep(settleStepMs);
    }
  }

  async function planFor(
    file: EditedFile,
    locks: readonly string[],
    states: readonly FileState[],
    change: Change,
  ) {
    const task = { file: file.real, states, change, owner: await owner.id() };
    for (let attempt = 0; ; attempt += 1) {
      const old = await read(file, locks);
      try {
        return { old, plan: await planner.plan({ ...task, bytes: old.bytes }) };
      } catch (error) {
        // A writer without a lock may have written half the file, which does not parse: give it time to finish.
        const isHalf = error instanceof AppError && error.code === 'kubeconfig-invalid' && isFresh(old);
        if (!isHalf || attempt > settleMs / settleStepMs) throw error;
        await systemClock.sleep(settleStepMs);
      }
    }
  }

  /** Makes one attempt. Resolves with undefined if another writer changed the file meanwhile. */
  async function attempt(file: EditedFile, change: Change): Promise<Edited | undefined> {
    const { real } = file;
    const record = await journal.get(real);
    const states = record?.states ?? [];
    const before = states.at(-1);
    const locks = await lockPaths(file);
    const { old, plan } = await planFor(file, locks, states, change);
    const warnings = holdsPassword(plan) ? modeWarnings(real, old) : [];
    if (!plan.changed) {
      if (old.status === undefined) await removeFolders(record?.created.folders ?? []);
      await journal.set(real, finalRecord(file, plan.state, record?.created));
      return { plan, after: old, warnings, before };
    }
    const keepCopy = (isFlushed: boolean) =>
      backUp({
        folder: path.join(folder, 'backups'),
        file: real,
        bytes: old.bytes,
        now: clock.now(),
        isFlushed,
      });
    const made = old.status === undefined ? await missingFolders(real) : [];
    const created = {
      file: old.status === undefined || record?.created.file === true,
      folders: [...(record?.created.folders.filter((name) => !made.includes(name)) ?? []), ...made],
    };
    const temporary = temporaryFor(real);
    const replacement = { file: real, old, bytes: plan.bytes, temporary };
    // A file that did not exist before us, is as we left it and is empty again is removed.
    const goes = plan.state === undefined && !plan.foreign && created.file && plan.bytes.length === 0;
    let prepared: Prepared | undefined;
    let done: Way | 'removed' | undefined;
    const pending = {
      given: file.given,
      states: plan.state === undefined ? states : [...states, plan.state],
      temporary,
      created,
    };
    await owner.save();
    const isKept = plan.foreign && old.bytes.length > 0;
    // Killed while it writes in place, the next agent finishes the write.
    const beforeInPlace = async () => journal.set(real, { ...pending, before: await keepCopy(true) });
    for (const warning of warnings) onExposed(warning);
    try {
      await allDone([journal.set(real, pending), isKept ? keepCopy(false) : undefined]);
      if (made.length > 0) await makeFolder(real);
      prepared = goes ? undefined : await prepare(replacement, attributes);
      done = await withLocks({ locks, clock, timeoutMs }, async () => {
        if (!isSame(old, await snapshot(real))) return undefined;
        if (prepared !== undefined) return commit(replacement, { ...prepared, clock, beforeInPlace });
        await removeFile(real);
        return 'removed';
      });
    } finally {
      if (done !== 'rename') await whileBusy('replace', () => unlink(temporary)).catch(() => {});
      if (done === undefined) {
        await removeFolders(made);
        await journal.set(real, record).catch(() => {});
      }
    }
    if (done === undefined) return undefined;
    const recorded = history.add({
      given: file.given,
      real,
      before: old.status === undefined ? undefined : old.bytes,
      after: done === 'removed' ? undefined : plan.bytes,
      record,
      undoes: change.undoes,
    });
    await Promise.all([recorded, done === 'rename' ? syncFolder(path.dirname(real)) : undefined]);
    if (done === 'removed') await removeFolders(created.folders);
    if (done === 'in-place') warnings.push(inPlaceWarning(real));
    const final = finalRecord(file, plan.state, created);
    // The file is written. What is on disk of this attempt describes it too, only less tidily.
    if (done === 'rename' && final !== undefined) await journal.tidy(real, final);
    else
      await journal.set(real, final).catch((error: unknown) => {
        logger.warn('kubeconfig journal not tidied', { errno: errnoOf(error) });
      });
    const written = Buffer.from(plan.bytes.buffer, plan.bytes.byteOffset, plan.bytes.byteLength);
    if (done === 'rename' && prepared !== undefined) {
      const status = await statusInPlace(real, prepared);
      attributes.replaced(real, status, prepared.isBare);
      return { plan, after: { bytes: written, status }, warnings, before };
    }
    // A file that another program has open by now was edited all the same.
    const after = await snapshot(real).catch(() => ({ bytes: written, status: undefined }));
    return { plan, after, warnings, before };
  }

  async function edit(file: EditedFile, change: Change): Promise<Edited> {
    await finish(file);
    for (let count = 0; count < attempts; count += 1) {
      const edited = await attempt(file, change);
      if (edited !== undefined) return edited;
    }
    throw new AppError(
      'kubeconfig-conflict',
      `${file.real} is being changed by another program all the time.`,
      { hint: 'Stop the program that writes it and try again.', retryable: true },
    );
  }

  const finish = (file: EditedFile) => finishWrite(file, { journal, clock, timeoutMs });

  return {
    edit,
    async sweep(file) {
      for (const lock of await lockPaths(file)) await breakOwn(lock);
      await finish(file);
    },
  };
}

function finalRecord(
  { given }: EditedFile,
  state: FileState | undefined,
  created: JournalRecord['created'] = { file: false, folders: [] },
): JournalRecord | undefined {
  return state === undefined ? undefined : { given, states: [state], temporary: null, created };
}

function isFresh({ status }: Snapshot): boolean {
  if (status === undefined) return false;
  const age = Date.now() - status.mtimeMs;
  return age >= 0 && age < settleMs;
}

async function makeFolder(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
}

/** Removes folders that we created, the innermost first, while they are empty. */
async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const name of folders.toReversed()) await rmdir(name).catch(() => {});
}
