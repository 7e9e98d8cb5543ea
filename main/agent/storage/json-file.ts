import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { createSerialQueue } from '../async/serial-queue.ts';
import type { SignInFile } from '../sealing/sign-in-file.ts';
import { setAside } from './set-aside.ts';
import { unreadable } from './unreadable.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** A JSON document of ours on disk: one schema, written whole and atomically, 0600. */
export interface JsonFile<T> {
  /** The content, or undefined when the file is missing. A file that does not fit is set aside, not lost. */
  read(): Promise<T | undefined>;
  write(value: T): Promise<void>;
}

/**
 * The file as `{version, data}`. Content of another version, or that does not fit the schema, is renamed to
 * `<file>.unreadable` (`-2` and so on) and reported through `onUnreadable`: our caches can be made again, but nothing is thrown away.
 */
export function jsonFile<T>(options: {
  readonly file: string;
  readonly version: number;
  readonly schema: z.ZodType<T>;
  /** `aside` is where it lies now. */
  readonly onUnreadable: (file: string, reason: string, aside: string) => void;
  /** The same file, where it holds sign-ins. */
  readonly secret?: SignInFile;
}): JsonFile<T> {
  const { file, version, schema, onUnreadable, secret } = options;
  // Writes are queued so that the last one asked for is the last one on disk.
  const inTurn = createSerialQueue();
  return {
    async read() {
      let text: string | undefined;
      try {
        text = secret === undefined ? await readFile(file, 'utf8') : await secret.read();
        if (text === undefined) return undefined;
      } catch (cause) {
        if (errnoOf(cause) === 'ENOENT') return undefined;
        if (cause instanceof AppError) throw cause;
        throw unreadable(file, cause);
      }
      const parsed = parse(text, version, schema);
      if (parsed.ok) return parsed.value;
      onUnreadable(file, parsed.reason, setAside(file) ?? file);
      return undefined;
    },
    write(value) {
      const text = `${JSON.stringify({ version, data: value })}\n`;
      return inTurn(() => (secret === undefined ? writeFileAtomic(file, text) : secret.write(text)));
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
  return { ok: false, reason: misfit(result.error) };
}

/** The first thing in which content does not fit its schema. */
export function misfit({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit'}`;
}
