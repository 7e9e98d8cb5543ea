import type { Clock, Logger } from '../parts.ts';
import type { Edited, EditedFile } from './editor.ts';
import type { Inspection } from './inspection.ts';
import type { Change, FileState } from './plan.ts';
import { isUntouched, type Snapshot, snapshot } from './write.ts';

/** When to check the file again after a write, ms. A kubectl takes 50 to 100 ms from its read to its write. */
const looks = [50, 150, 500, 1_500, 5_000, 10_000];

/** The expected content of a file for a while after we wrote it. */
interface Watch {
  readonly file: EditedFile;
  readonly after: Snapshot['status'];
  readonly state: FileState | undefined;
  readonly before: FileState | undefined;
  /** The ids that were removed. */
  readonly removed: readonly string[];
}

/**
 * kubectl computes its new config before it locks, so one that read the file before our write undoes our write
 * afterwards: it deletes the entries that it did not know, and adds those that it knew again. For ten seconds after
 * each write, the file is checked: an entry of ours that lost all three stanzas (a user deletes one at a time) is
 * written again, one that has come back is removed.
 */
export interface Guard {
  watch(file: EditedFile, edited: Edited): void;
  /** Checks all files now. The caller must be in the queue. */
  lookNow(): Promise<void>;
  close(): void;
}

export function createGuard(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Runs work while no other edit runs. */
  readonly queue: (work: () => Promise<void>) => Promise<void>;
  readonly edit: (file: EditedFile, change: Change) => Promise<Edited>;
  readonly read: (file: EditedFile) => Promise<Inspection>;
}): Guard {
  const { clock, logger, queue, edit, read } = options;
  const watches = new Map<string, Watch>();
  const timers = new Map<string, readonly (() => void)[]>();

  function watch(file: EditedFile, { plan, after, before }: Edited): void {
    const earlier = watches.get(file.real)?.removed ?? [];
    const present = new Set(plan.state?.stanzas.map(({ id }) => id));
    const removed = [...new Set([...earlier, ...plan.removed])].filter((id) => !present.has(id));
    watches.set(file.real, { file, after: after.status, state: plan.state, before, removed });
    for (const cancel of timers.get(file.real) ?? []) cancel();
    const start = (ms: number) =>
      clock.timer(ms, () => {
        queue(() => look(file.real)).catch((error: unknown) => {
          logger.warn('kubeconfig could not be checked again', { file: file.real, error: String(error) });
        });
        if (ms === looks.at(-1)) drop(file.real);
      });
    timers.set(file.real, looks.map(start));
  }

  function drop(real: string): void {
    timers.delete(real);
    // The last check is queued already, and still needs the expected content.
    const known = watches.get(real);
    queue(async () => {
      if (watches.get(real) === known) watches.delete(real);
    }).catch(() => {});
  }

  async function look(real: string): Promise<void> {
    const watched = watches.get(real);
    if (watched === undefined || (await isUntouched(real, watched.after))) return;
    const seen = await snapshot(real);
    if (seen.status === undefined || seen.bytes.length === 0) return;
    const change = repair(watched, await read(watched.file));
    if (change === undefined) return;
    logger.info('kubeconfig lost our change; repairing', { file: real });
    watch(watched.file, await edit(watched.file, change));
  }

  return {
    watch,
    async lookNow() {
      for (const real of [...watches.keys()]) await look(real);
    },
    close() {
      for (const cancel of [...timers.values()].flat()) cancel();
      timers.clear();
      watches.clear();
    },
  };
}

function repair(watched: Watch, seen: Inspection): Change | undefined {
  const { state, before, removed } = watched;
  const present = new Set(seen.names.map(({ id }) => id));
  const lost = state?.stanzas.filter(({ id }) => !present.has(id)) ?? [];
  const back = removed.filter((id) => present.has(id));
  const choice = state?.choices.at(-1);
  // A kubectl that undoes our write also sets the current-context that it had read. Any other is the user's choice.
  const wasUndone =
    lost.length > 0 &&
    choice !== undefined &&
    seen.currentContext !== choice.context &&
    [state?.found.current?.value || undefined, before?.choices.at(-1)?.context].includes(seen.currentContext);
  if (lost.length === 0 && back.length === 0) return undefined;
  return {
    restore: lost,
    remove: back,
    ...(wasUndone ? { current: choice } : {}),
    ...(before === undefined ? {} : { reference: before }),
  };
}
