import { dayOf } from '../text/times.ts';

export interface Day<T> {
  readonly title: string;
  readonly entries: readonly T[];
}

/** By the days of where the person is, in the order in which they come. */
export function daysOf<T extends { readonly at: number }>(
  entries: readonly T[],
  now: number,
): readonly Day<T>[] {
  return [...Map.groupBy(entries, ({ at }) => dayOf(at, now))].map(([title, list]) => ({
    title,
    entries: list,
  }));
}
