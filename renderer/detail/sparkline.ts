import type { LatencySample } from '../../main/model/activity-entry.ts';

/** Between two probes of a tunnel that stands lies half a minute: after much more, nothing is known of the time between. */
const pauseMs = 120_000;

interface Sparkline {
  /** SVG paths in a box of `width` by `height`: the line, what lies below it, and a mark for each probe that failed. */
  readonly line: string;
  readonly area: string;
  readonly failures: string;
}

/** Probes from left to right, each as wide as the others; broken off where one failed, or none was made for a while. */
export function sparkline(samples: readonly LatencySample[], width: number, height: number): Sparkline {
  const top = Math.max(1, ...samples.map(({ ms = 0 }) => ms)) * 1.1;
  const step = width / Math.max(1, samples.length - 1);
  const x = (at: number) => round(at * step);
  const y = (ms: number) => round(height - (ms / top) * height);
  const runs: { readonly at: number; readonly ms: number }[][] = [];
  let before: LatencySample | undefined;
  for (const [at, sample] of samples.entries()) {
    const { ms } = sample;
    if (ms !== undefined) {
      const goesOn = before?.ms !== undefined && sample.at - before.at <= pauseMs;
      if (!goesOn) runs.push([]);
      runs.at(-1)?.push({ at, ms });
    }
    before = sample;
  }
  const lines = runs.map((run) => `M${run.map(({ at, ms }) => `${x(at)} ${y(ms)}`).join('L')}`);
  return {
    // One alone is a dot, which a line of no length with round ends is.
    line: lines.map((line) => (line.includes('L') ? line : `${line}h0`)).join(''),
    area: runs
      .flatMap((run, index) => {
        const [first, last] = [run[0], run.at(-1)];
        if (first === undefined || last === undefined || first === last) return [];
        return [`${lines[index]}L${x(last.at)} ${height}L${x(first.at)} ${height}Z`];
      })
      .join(''),
    failures: samples
      .flatMap(({ ms }, at) => (ms === undefined ? [`M${x(at)} ${height}V${height - 6}`] : []))
      .join(''),
  };
}

/** Of those that passed; undefined where none did. */
export function latencyFigures(
  samples: readonly LatencySample[],
):
  | { readonly last: number; readonly lowest: number; readonly median: number; readonly highest: number }
  | undefined {
  const passed = samples.flatMap(({ ms }) => ms ?? []);
  const sorted = passed.toSorted((a, b) => a - b);
  const [last, lowest, highest] = [passed.at(-1), sorted[0], sorted.at(-1)];
  const middle = (sorted.length - 1) / 2;
  const [below, above] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  if (last === undefined || lowest === undefined || highest === undefined) return undefined;
  if (below === undefined || above === undefined) return undefined;
  return { last, lowest, median: (below + above) / 2, highest };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
