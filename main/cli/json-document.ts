import { writeJson as write } from './report.ts';

/** Writes one JSON document to stdout. Times, which the agent counts in ms since the epoch, become ISO 8601. */
export function writeJson(value: unknown): void {
  write(withIsoTimes(value));
}

/** Returns a copy in which each time is a text, such as `2026-11-29T13:40:12.000Z`. */
export function withIsoTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIsoTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      typeof inner === 'number' && isTimeKey(key) ? isoTime(inner) : withIsoTimes(inner),
    ]),
  );
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
