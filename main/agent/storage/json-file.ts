import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { AppError, errnoOf } from '../app-error.ts';

/**
 * Writes `text` to `file` so that a reader sees the old bytes or the new, never a mixture: a 0600 temporary file
 * in the same folder, flushed, then renamed. The folder is made (0700) when missing.
 * Rejects with `disk-full` or `file-unwritable`; the old file is then intact and no temporary file is left.
 */
export async function writeFileAtomic(file: string, text: string | Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    throw unwritable(file, cause);
  }
}

function unwritable(file: string, cause: unknown): AppError {
  const errno = errnoOf(cause);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new AppError(
      'disk-full',
      `The disk is full: ${file} could not be written and keeps its old content.`,
      {
        hint: 'Free some space and try again.',
        retryable: true,
        cause,
      },
    );
  }
  return new AppError('file-unwritable', `${file} could not be written (${errno ?? 'unknown error'}).`, {
    hint: `Check that you own ${path.dirname(file)} and may write to it.`,
    cause,
  });
}

/** A JSON document of ours on disk: one schema, written whole and atomically, 0600. */
export interface JsonFile<T> {
  /** The content, or undefined when the file is missing. A file that does not fit is set aside, not lost. */
  read(): Promise<T | undefined>;
  write(value: T): Promise<void>;
}

/**
 * The file as `{version, data}`. Content of another version, or that does not fit the schema, is renamed to
 * `<file>.unreadable` and reported through `onUnreadable`: our caches can be made again, but nothing is thrown away.
 */
export function jsonFile<T>(options: {
  readonly file: string;
  readonly version: number;
  readonly schema: z.ZodType<T>;
  readonly onUnreadable: (file: string, reason: string) => void;
}): JsonFile<T> {
  const { file, version, schema, onUnreadable } = options;
  // Writes are queued so that the last one asked for is the last one on disk.
  let queue: Promise<unknown> = Promise.resolve();
  return {
    async read() {
      let text: string;
      try {
        text = await readFile(file, 'utf8');
      } catch (cause) {
        if (errnoOf(cause) === 'ENOENT') return undefined;
        throw new AppError(
          'file-unreadable',
          `${file} could not be read (${errnoOf(cause) ?? 'unknown error'}).`,
          {
            hint: 'Check that you own the file and may read it.',
            cause,
          },
        );
      }
      const parsed = parse(text, version, schema);
      if (parsed.ok) return parsed.value;
      await rename(file, `${file}.unreadable`).catch(() => {});
      onUnreadable(file, parsed.reason);
      return undefined;
    },
    write(value) {
      const turn = queue.then(() => writeFileAtomic(file, `${JSON.stringify({ version, data: value })}\n`));
      queue = turn.catch(() => {});
      return turn;
    },
  };
}

function parse<T>(
  text: string,
  version: number,
  schema: z.ZodType<T>,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  if (typeof raw !== 'object' || raw === null || !('version' in raw) || !('data' in raw)) {
    return { ok: false, reason: 'not {version, data}' };
  }
  if (raw.version !== version) return { ok: false, reason: `version ${String(raw.version)}, not ${version}` };
  const result = schema.safeParse(raw.data);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  return { ok: false, reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit'}` };
}
