import { dayOf } from '../text/times.ts';

export interface Day<T> {
  readonly title: string;
  readonly entries: readonly T[];
}

/** Groups entries by local day and keeps their order. */
export function daysOf<T extends { readonly at: number }>(
  entries: readonly T[],
  now: number,
): readonly Day<T>[] {
  return [...Map.groupBy(entries, ({ at }) => dayOf(at, now))].map(([title, list]) => ({
    title,
    entries: list,
  }));
}
