import { hasUnseen, plainLines } from '../model/plain-text.ts';

/**
 * The same value with every text in it as `plainLines` makes it: what an agent sends to a shell. Where nothing is to be
 * done, which is nearly always, the value itself comes back.
 */
export function plainValues<T>(value: T): T {
  return isPlain(value) ? value : (plain(value) as T);
}

/** Allocates nothing: a snapshot holds a hundred thousand texts. */
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
