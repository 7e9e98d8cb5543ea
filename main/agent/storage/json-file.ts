import type { z } from 'zod';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { issueText } from '../../model/schema-words.ts';
import { createSerialQueue } from '../async/serial-queue.ts';
import type { SignInFile } from '../sealing/sign-in-file.ts';
import { readText } from './busy-file.ts';
import { setAside } from './set-aside.ts';
import { unreadable } from './unreadable.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** A JSON document of ours on disk: one schema, written atomically as a whole, 0600. */
export interface JsonFile<T> {
  /**
   * Resolves with the content, or with undefined if the file is missing. Renames an invalid file, so that it is not
   * lost.
   */
  read(): Promise<T | undefined>;
  /**
   * Writes the content. Writes that wait for the running one are one write, of the last content: all of them resolve or
   * reject with it. The content must not be changed afterwards.
   */
  write(value: T): Promise<void>;
}

/**
 * Stores the content as `{version, data}`. Content of another version, or that does not match the schema, is renamed to
 * `<file>.unreadable` (`-2` and so on) and reported through `onUnreadable`: our caches can be created again, but nothing
 * is discarded.
 */
export function jsonFile<T>(options: {
  readonly file: string;
  readonly version: number;
  readonly schema: z.ZodType<T>;
  /** `aside` is its new path. */
  readonly onUnreadable: (file: string, reason: string, aside: string) => void;
  /** The same file, if it contains sessions. */
  readonly secret?: SignInFile;
}): JsonFile<T> {
  const { file, version, schema, onUnreadable, secret } = options;
  // Queue writes, so that the last requested one is the last one on disk.
  const inTurn = createSerialQueue();
  let waiting: { value: T; readonly done: Promise<void> } | undefined;
  const writeNow = (value: T): Promise<void> => {
    const text = `${JSON.stringify({ version, data: value })}\n`;
    return secret === undefined ? writeFileAtomic(file, text) : secret.write(text);
  };
  return {
    async read() {
      let text: string | undefined;
      try {
        text = secret === undefined ? await readText(file) : await secret.read();
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
      if (waiting === undefined) {
        const one = {
          value,
          done: inTurn(async () => {
            waiting = undefined;
            await writeNow(one.value);
          }),
        };
        waiting = one;
      } else waiting.value = value;
      return waiting.done;
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

/** Describes the first mismatch between content and its schema. */
export function misfit({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') ?? ''} ${issueText(issue)}`.trim();
}
