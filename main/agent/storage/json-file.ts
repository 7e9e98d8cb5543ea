import type { z } from 'zod';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { issueText } from '../../model/schema-words.ts';
import { createSerialQueue } from '../async/serial-queue.ts';
import type { SignInFile } from '../sealing/sign-in-file.ts';
import { readText, replaceFile } from './busy-file.ts';
import { asidesOf, setAside } from './set-aside.ts';
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

export interface JsonFileOptions<T> {
  readonly file: string;
  readonly version: number;
  readonly schema: z.ZodType<T>;
  /** `aside` is its new path. */
  readonly onUnreadable: (file: string, reason: string, aside: string) => void;
  /** The same file, if it contains sessions. */
  readonly secret?: SignInFile;
}

/**
 * Stores the content as `{version, data}`. Content that does not match the schema is renamed to `<file>.unreadable` (`-2` and
 * so on) and reported through `onUnreadable`: our caches can be created again, but nothing is discarded. Content of another
 * version is renamed to `<file>.v2` and so on. What this version wrote before an older one was installed, and set it aside so,
 * is read again in its place.
 */
export function jsonFile<T>(options: JsonFileOptions<T>): JsonFile<T> {
  const { file, version, schema, onUnreadable, secret } = options;
  // Queue writes, so that the last requested one is the last one on disk.
  const inTurn = createSerialQueue();
  let waiting: { value: T; readonly done: Promise<void> } | undefined;
  const writeNow = (value: T): Promise<void> => {
    const text = `${JSON.stringify({ version, data: value })}\n`;
    return secret === undefined ? writeFileAtomic(file, text) : secret.write(text);
  };
  const readNow = async (): Promise<T | undefined> => {
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
    const { reason, other } = parsed;
    const aside = setAside(file, other === undefined ? undefined : `v${other}`);
    onUnreadable(file, reason, aside ?? file);
    const [own] = asidesOf(file, `v${version}`);
    if (other === undefined || aside === undefined || own === undefined) return undefined;
    await replaceFile(own, file);
    return readNow();
  };
  return {
    read: readNow,
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
):
  | { readonly ok: true; readonly value: T }
  /** `other` is the version that wrote it. */
  | { readonly ok: false; readonly reason: string; readonly other?: number } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  if (typeof raw !== 'object' || raw === null || !('version' in raw) || !('data' in raw)) {
    return { ok: false, reason: 'not {version, data}' };
  }
  if (raw.version !== version) {
    const reason = `version ${String(raw.version)}, not ${version}`;
    return Number.isSafeInteger(raw.version)
      ? { ok: false, reason, other: Number(raw.version) }
      : { ok: false, reason };
  }
  const result = schema.safeParse(raw.data);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, reason: misfit(result.error) };
}

/** Describes the first mismatch between content and its schema. */
export function misfit({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') ?? ''} ${issueText(issue)}`.trim();
}
