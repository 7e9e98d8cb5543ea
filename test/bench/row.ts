/** One line of a benchmark: what ours took beside what it is measured against, in the same run. */
export interface Row {
  readonly name: string;
  /** Of `ours` and `reference`; of the ratio where there is no reference. */
  readonly unit: 'ms' | 's' | 'MB' | 'kB' | 'MB/s' | 'per s' | 'us' | '%';
  readonly ours: number;
  /** The peer or floor: its name and figure. Undefined for a figure that is only printed. */
  readonly reference?: { readonly name: string; readonly figure: number };
  /** The ratio of ours to the reference must be at most, or at least, so much. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
}

/** A row as it is printed and kept. `met` is undefined where there is no goal. */
export interface Result {
  readonly name: string;
  readonly unit: Row['unit'];
  readonly ours: number;
  readonly reference: { readonly name: string; readonly figure: number } | undefined;
  readonly ratio: number | undefined;
  readonly goal: string | undefined;
  readonly met: boolean | undefined;
}

export function resultOf({ name, unit, ours, reference, goal }: Row): Result {
  const ratio = reference === undefined ? undefined : ours / reference.figure;
  if (goal === undefined || ratio === undefined)
    return { name, unit, ours, reference, ratio, goal: undefined, met: undefined };
  const [words, met] =
    'atMost' in goal
      ? [`<= ${Number(goal.atMost.toPrecision(3))} x`, ratio <= goal.atMost]
      : [`>= ${Number(goal.atLeast.toPrecision(3))} x`, ratio >= goal.atLeast];
  return { name, unit, ours, reference, ratio, goal: words, met };
}

/** The middle one of `values`. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The one of `values` that a `share` of them, from 0 to 1, does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}

/** How long `work` takes, ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Each a number of times, in turn, so that what else the machine does meets all alike. Each round begins with another one,
 * and every other one goes backwards: what one leaves behind is not always met by the same one. A work measures itself where it answers a number (ms); else its time is taken. Resolves to the median of each.
 */
export async function inTurn<K extends string>(
  works: Readonly<Record<K, () => Promise<unknown>>>,
  times: number,
): Promise<(name: K) => number> {
  const entries = Object.entries<() => Promise<unknown>>(works);
  const took = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round < times; round += 1)
    for (const at of entries.keys()) {
      const step = round % 2 === 0 ? at : entries.length - 1 - at;
      const [name, work] = entries[(step + Math.floor(round / 2)) % entries.length] ?? ['', async () => {}];
      const start = performance.now();
      const own = await work();
      took.get(name)?.push(typeof own === 'number' ? own : performance.now() - start);
    }
  return (name) => median(took.get(name) ?? []);
}
