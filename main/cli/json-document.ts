import { writeJson as write } from './report.ts';

/** Writes one JSON document to stdout. Times, which the agent counts in ms since the epoch, become ISO 8601. */
export function writeJson(value: unknown): void {
  write(withIsoTimes(value));
}

/**
 * Returns the value with each time as a text, such as `2026-11-29T13:40:12.000Z`. Copies only what holds a time: most of a
 * long list does not.
 */
export function withIsoTimes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  let copy: Record<string, unknown> | undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(fields)) {
    const inner = fields[key];
    const shown = typeof inner === 'number' && isTimeKey(key) ? isoTime(inner) : withIsoTimes(inner);
    if (shown === inner) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = shown;
  }
  return copy ?? value;
}

/** Returns true for a field that holds a time: `at`, `since`, `until`, and what ends with `At`. */
export function isTimeKey(key: string): boolean {
  return key === 'at' || key === 'since' || key === 'until' || key.endsWith('At');
}

/** The agent's times are those of its clock. A time that no date can hold stays a number. */
export function isoTime(ms: number): string | number {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? ms : date.toISOString();
}
