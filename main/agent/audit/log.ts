import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import type { AuditEntry } from '../../model/audit-entry.ts';
import type { Clock } from '../parts.ts';
import { replaceFile } from '../storage/busy-file.ts';
import { unwritable } from '../storage/write-file-atomic.ts';
import { logFiles } from './log-files.ts';

const fileBytes = 8 * 1024 * 1024;
/** How long a file stays after its last entry, even if no other replaces it. */
const keptMs = 90 * 24 * 3_600_000;
/** Combines the requests of a second into one write. */
const writeAfterMs = 1_000;
/** After a failed write. */
const retryAfterMs = 10_000;
/** What waits for the disk at most, in characters. Further entries are counted only. */
const mostWaiting = 2 * 1024 * 1024;

/** The audit entries on disk: JSON lines, 0600, in files of limited size and number. */
export interface AuditLog {
  /** Writes it within a second. Never throws, and does nothing to the disk before it returns. */
  append(entry: AuditEntry): void;
  /** Returns the number of entries that were not written. */
  lost(): number;
  /** Resolves when everything is written, as far as it can be. */
  close(): Promise<void>;
}

/** Opens nothing before the first entry. `onFailed` is called when entries cannot be written, once until they can be. */
export function createAuditLog(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly onFailed: (error: unknown) => void;
  /** Of one file. */
  readonly mostBytes?: number;
}): AuditLog {
  const { folder, clock, onFailed, mostBytes = fileBytes } = options;
  const files = logFiles(folder);
  let waiting: string[] = [];
  let size = 0;
  let missing = 0;
  let lost = 0;
  let isFirst = true;
  let isFailing = false;
  let cancel: (() => void) | undefined;
  let writing = Promise.resolve();

  const writeAll = async () => {
    if (waiting.length === 0) return;
    const [lines, count] = [waiting, missing];
    const gap: AuditEntry = { event: 'lost', at: clock.now(), count };
    const text = `${lines.join('')}${count === 0 ? '' : lineOf(gap)}`;
    waiting = [];
    size = 0;
    missing = 0;
    try {
      if (isFirst) await removeOld(files, clock.now());
      await append(files, text, { mostBytes, isFirst });
      isFirst = false;
      isFailing = false;
    } catch (cause) {
      // They are older than what has come meanwhile.
      waiting = [...lines, ...waiting];
      size = waiting.reduce((sum, line) => sum + line.length, 0);
      missing += count;
      if (!isFailing) onFailed(unwritable(files[0] ?? folder, cause));
      isFailing = true;
    }
  };
  const write = () => {
    cancel?.();
    cancel = undefined;
    writing = writing.then(writeAll);
    return writing;
  };

  return {
    append(entry) {
      const line = lineOf(entry);
      if (size + line.length > mostWaiting) {
        missing += 1;
        lost += 1;
      } else {
        waiting.push(line);
        size += line.length;
      }
      cancel ??= clock.timer(isFailing ? retryAfterMs : writeAfterMs, () => void write());
    },
    lost: () => lost,
    close: write,
  };
}

function lineOf(entry: AuditEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

async function append(
  files: readonly string[],
  text: string,
  { mostBytes, isFirst }: { readonly mostBytes: number; readonly isFirst: boolean },
): Promise<void> {
  const [current = ''] = files;
  const known = await stat(current).catch(() => undefined);
  if (known !== undefined && known.size > 0 && known.size + text.length > mostBytes) await rotate(files);
  const handle = await open(current, 'a+', 0o600);
  try {
    const { size, mode } = await handle.stat();
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') await handle.chmod(0o600);
    // The agent may have ended within a line.
    const isTorn = isFirst && size > 0 && !(await endsLine(handle, size));
    await handle.appendFile(isTorn ? `\n${text}` : text).catch(async (error: unknown) => {
      // A full disk takes a part of it. The whole is written again.
      await handle.truncate(size).catch(() => {});
      throw error;
    });
  } finally {
    await handle.close();
  }
}

async function endsLine(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 10;
}

/** Renames each file to the next name. The last one is replaced. */
async function rotate(files: readonly string[]): Promise<void> {
  for (let at = files.length - 1; at > 0; at -= 1) {
    const [from, to] = [files[at - 1], files[at]];
    if (from === undefined || to === undefined) continue;
    const exists = await stat(from).then(
      () => true,
      () => false,
    );
    if (exists) await replaceFile(from, to);
  }
}

async function removeOld(files: readonly string[], now: number): Promise<void> {
  for (const file of files) {
    const known = await stat(file).catch(() => undefined);
    if (known !== undefined && now - known.mtimeMs > keptMs) await rm(file, { force: true });
  }
}
