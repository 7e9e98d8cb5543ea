import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { errnoOf } from '../../model/app-error.ts';
import type { AuditEntry, AuditRequest } from '../../model/audit-entry.ts';
import { unreadable } from '../storage/unreadable.ts';
import { logFiles } from './log-files.ts';

/** Reads the audit log beside an agent that writes it. */
export interface AuditReader {
  /** Returns the last `limit` entries that `fits` returns true for, the oldest first. */
  last(limit: number, fits: (entry: AuditEntry) => boolean): readonly AuditEntry[];
  /** Returns the entries that were written since the last call of either function, the oldest first. */
  next(): readonly AuditEntry[];
  close(): void;
}

interface OpenFile {
  readonly fd: number;
  readonly ino: number;
  /** What has been read. */
  at: number;
  /** The beginning of a line. */
  rest: Buffer;
}

/**
 * Ignores lines that it does not understand: a newer agent, or a crash within a line, may have written them. The functions
 * of the reader throw as `unreadable` says if the newest file cannot be read.
 */
export function openAuditReader(folder: string): AuditReader {
  const [current = '', ...older] = logFiles(folder);
  let open: OpenFile | undefined;

  const openCurrent = () => {
    try {
      const fd = openSync(current, 'r');
      open = { fd, ino: fstatSync(fd).ino, at: 0, rest: Buffer.alloc(0) };
    } catch (cause) {
      open = undefined;
      if (errnoOf(cause) !== 'ENOENT') throw unreadable(current, cause);
    }
  };
  const closeCurrent = () => {
    if (open !== undefined) closeSync(open.fd);
    open = undefined;
  };
  /** Returns the complete lines that have come to the open file. */
  const newLines = (): readonly string[] => {
    try {
      return open === undefined ? [] : readOn(open);
    } catch (cause) {
      throw unreadable(current, cause);
    }
  };
  const isReplaced = () => {
    const known = statSync(current, { throwIfNoEntry: false });
    return known !== undefined && known.ino !== open?.ino;
  };

  return {
    last(limit, fits) {
      if (open === undefined) openCurrent();
      let found: readonly AuditEntry[] = lastOf(newLines(), limit, fits);
      for (const file of older) {
        if (found.length >= limit) break;
        const known = statSync(file, { throwIfNoEntry: false });
        // The open file may have been renamed meanwhile.
        if (known === undefined || known.ino === open?.ino) continue;
        found = [...lastOf(readFileSync(file, 'utf8').split('\n'), limit - found.length, fits), ...found];
      }
      return found;
    },
    next() {
      const found = newLines().flatMap((line) => entryOf(line) ?? []);
      if (!isReplaced()) return found;
      closeCurrent();
      openCurrent();
      return [...found, ...newLines().flatMap((line) => entryOf(line) ?? [])];
    },
    close: closeCurrent,
  };
}

/** Returns the complete lines that have been added since the last call. */
function readOn(open: OpenFile): readonly string[] {
  const { size } = fstatSync(open.fd);
  // The agent takes back what did not fit on the disk, and writes it again.
  if (size < open.at) {
    open.at = size;
    open.rest = Buffer.alloc(0);
  }
  const added = Buffer.alloc(size - open.at);
  const read = readSync(open.fd, added, 0, added.length, open.at);
  open.at += read;
  const all = Buffer.concat([open.rest, added.subarray(0, read)]);
  const end = all.lastIndexOf(10) + 1;
  open.rest = all.subarray(end);
  return all.subarray(0, end).toString('utf8').split('\n');
}

function lastOf(
  lines: readonly string[],
  limit: number,
  fits: (entry: AuditEntry) => boolean,
): readonly AuditEntry[] {
  const found: AuditEntry[] = [];
  for (let at = lines.length - 1; at >= 0 && found.length < limit; at -= 1) {
    const entry = entryOf(lines[at] ?? '');
    if (entry !== undefined && fits(entry)) found.push(entry);
  }
  return found.reverse();
}

function entryOf(line: string): AuditEntry | undefined {
  if (line === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const events: readonly unknown[] = ['answered', 'opened', 'closed'] satisfies readonly AuditEntry['event'][];
const numbers = ['at', 'bytes', 'ms'] as const;
const texts = ['cluster', 'title', 'verb'] as const;
const furtherTexts = ['group', 'resource', 'subresource', 'namespace', 'name', 'path', 'client'] as const;

/** By hand: the schemas would be half of the command line. */
function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false;
  const given = value as Readonly<Partial<Record<keyof AuditRequest | 'count', unknown>>>;
  if ((given.event as unknown) === 'lost')
    return typeof given.at === 'number' && typeof given.count === 'number';
  return (
    events.includes(given.event) &&
    numbers.every((key) => typeof given[key] === 'number') &&
    texts.every((key) => typeof given[key] === 'string') &&
    furtherTexts.every((key) => ['string', 'undefined'].includes(typeof given[key])) &&
    ['number', 'undefined'].includes(typeof given.status)
  );
}
