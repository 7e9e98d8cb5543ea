import path from 'node:path';
import { type ActivityDraft, type ActivityEntry, activityEntrySchema } from '../../model/activity-entry.ts';
import { toPlainError } from '../../model/app-error.ts';
import { redacted } from '../../redaction/redact.ts';
import type { Clock, Logger } from '../parts.ts';
import { jsonList } from '../storage/json-list.ts';

/** How many entries to keep. */
const atMost = 500;
/** Combines a burst into one write. A crash loses at most that burst. */
const writeDelayMs = 2_000;

/** The last entries, in memory and in `activity.json`. If they cannot be read or written, only the history is lost. */
export interface Journal {
  /** Returns the entries, the oldest first. */
  entries(): readonly ActivityEntry[];
  /** Redacts secrets, and numbers the entry. */
  append(draft: ActivityDraft): ActivityEntry;
  /** Resolves when new entries are on disk, as far as possible. */
  close(): Promise<void>;
}

export async function openJournal(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Journal> {
  const { folder, clock, logger } = options;
  const warn = (message: string, error: unknown) => {
    const { code, message: reason } = toPlainError(error);
    logger.warn(message, { code, reason });
  };
  const file = jsonList<ActivityEntry>({
    file: path.join(folder, 'activity.json'),
    version: 1,
    entry: activityEntrySchema,
    onUnreadable: (name, reason) => logger.warn('The activity file was set aside', { file: name, reason }),
  });
  let entries = inOrder(
    (await file.read().catch((error: unknown) => {
      warn('The activity file cannot be read', error);
      return undefined;
    })) ?? [],
  );
  let lastId = entries.at(-1)?.id ?? 0;
  let cancel: (() => void) | undefined;
  let isUnwritable = false;

  let written: Promise<void> = Promise.resolve();

  const write = async () => {
    try {
      await file.write(entries);
      isUnwritable = false;
    } catch (error) {
      // The next entry tries again.
      if (!isUnwritable) warn('Activity is not saved', error);
      isUnwritable = true;
    }
  };
  const writeNow = (): Promise<void> => {
    cancel?.();
    cancel = undefined;
    written = written.then(write);
    return written;
  };

  return {
    entries: () => entries,
    append(draft) {
      const entry = {
        ...(redacted(draft) as ActivityDraft),
        id: ++lastId,
        at: clock.now(),
      } as ActivityEntry;
      entries = [...entries.slice(1 - atMost), entry];
      cancel ??= clock.timer(writeDelayMs, () => void writeNow());
      return entry;
    },
    async close() {
      // A write that has begun ends before the process does.
      await written;
      if (cancel !== undefined || isUnwritable) await writeNow();
    },
  };
}

/** An older version writes the entries that it does not know first, and gives their numbers again. */
function inOrder(entries: readonly ActivityEntry[]): readonly ActivityEntry[] {
  const isInOrder = entries.every(({ id }, at) => id > (entries[at - 1]?.id ?? 0));
  if (isInOrder) return entries;
  return [...entries].sort((a, b) => a.at - b.at).map((entry, at) => ({ ...entry, id: at + 1 }));
}
