import { hasUnseen, plainLines } from '../model/plain-text.ts';

/**
 * Applies `plainLines` to every text in a value that the agent sends to a shell. Returns the value itself if nothing
 * changes, which is nearly always.
 */
export function plainValues<T>(value: T): T {
  return isPlain(value) ? value : (plain(value) as T);
}

/** Must not allocate: a snapshot holds a hundred thousand texts. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return !hasUnseen(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  for (const key in value) if (!isPlain((value as Readonly<Record<string, unknown>>)[key])) return false;
  return true;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return plainLines(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}
