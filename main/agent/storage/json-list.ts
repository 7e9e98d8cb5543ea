import { z } from 'zod';
import { issueText } from '../../model/schema-words.ts';
import { type JsonFile, type JsonFileOptions, jsonFile } from './json-file.ts';

/**
 * A `jsonFile` of a list, of which an older version reads what it knows: entries that do not match their schema are written
 * back as they are, before the others, and so are the unknown fields of entries that did not change. `onUnreadable` is
 * called for content that is no list, and for a list of which no entry matches: that is set aside.
 */
export function jsonList<E extends object>({
  entry,
  ...options
}: Omit<JsonFileOptions<readonly E[]>, 'schema'> & { readonly entry: z.ZodType<E> }): JsonFile<readonly E[]> {
  let foreign: readonly unknown[] = [];
  const sources = new WeakMap<object, unknown>();
  const schema = z.array(z.unknown()).transform((raw, context): readonly E[] => {
    const known: E[] = [];
    const unknown: unknown[] = [];
    let first: z.ZodError | undefined;
    for (const source of raw) {
      const { data, error } = entry.safeParse(source);
      first ??= error;
      if (data === undefined) unknown.push(source);
      else {
        sources.set(data, source);
        known.push(data);
      }
    }
    if (known.length === 0 && first !== undefined)
      for (const issue of first.issues)
        context.addIssue({ code: 'custom', path: [0, ...issue.path], message: issueText(issue) });
    else foreign = unknown;
    return known;
  });
  const file = jsonFile<readonly unknown[]>({ ...options, schema });
  return {
    // What the schema lets through are entries.
    read: () => file.read() as Promise<readonly E[] | undefined>,
    write: (list) => file.write([...foreign, ...list.map((one) => sources.get(one) ?? one)]),
  };
}
