import path from 'node:path';
import { toPlainError } from '../../model/app-error.ts';
import { type RecentConnection, recentConnectionSchema } from '../../model/recent-connection.ts';
import type { Clock, Logger } from '../parts.ts';
import { jsonList } from '../storage/json-list.ts';
import type { ConnectionChange } from './remembered.ts';

const atMost = 50;

/** The clusters that were connected last, and when: what a user resumes in the morning, and finds in the empty search. */
export interface Recent {
  list(): readonly RecentConnection[];
  /** Takes note of a changed connection. */
  hear(change: ConnectionChange): void;
  /** Called when what was open before the start is open again or has failed. Until then, closing keeps the old time. */
  settle(): void;
  /** Resolves when everything is on disk, as far as it can be. */
  flush(): Promise<void>;
}

/** Reads what an earlier agent stored, and reports it. What was open when that was killed has the time when it was connected. */
export async function createRecent(options: {
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly onChange: (list: readonly RecentConnection[]) => void;
}): Promise<Recent> {
  const { clock, logger, onChange } = options;
  const file = jsonList<RecentConnection>({
    file: path.join(options.folder, 'recent.json'),
    version: 1,
    entry: recentConnectionSchema,
    onUnreadable: (name, reason) => logger.warn('Recent connections start empty', { file: name, reason }),
  });
  let list: readonly RecentConnection[] = (await file.read()) ?? [];
  onChange(list);
  let isSettled = false;
  let written: Promise<void> = Promise.resolve();
  const save = (next: readonly RecentConnection[]) => {
    list = next;
    onChange(list);
    written = file
      .write(list)
      .catch((error: unknown) =>
        logger.warn('Recent connections are not saved', { error: toPlainError(error) }),
      );
  };
  return {
    list: () => list,
    hear({ cluster, before, after }) {
      const others = list.filter((one) => one.cluster !== cluster);
      const known = others.length < list.length;
      const isOpening = after === 'open' && before !== 'open' && before !== 'again';
      const isClosing = before === 'open' && after !== 'open' && (isSettled || !known);
      if (isOpening || isClosing) save([{ cluster, at: clock.now() }, ...others].slice(0, atMost));
      // The user removed an on-demand context.
      else if (known && before === 'kept' && after === undefined) save(others);
    },
    settle() {
      isSettled = true;
    },
    flush: () => written,
  };
}
