import type { LatencySample } from '../../main/model/activity-entry.ts';

/** Probes of a connected tunnel are half a minute apart: a longer gap means that the latency in between is unknown. */
const pauseMs = 120_000;

interface Sparkline {
  /** SVG paths in a box of `width` by `height`: the line, the area below it, and a mark for each failed probe. */
  readonly line: string;
  readonly area: string;
  readonly failures: string;
}

/** Draws probes from left to right at equal distances; breaks the line at failed probes and long gaps. */
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
    // A single probe is a dot: a line of zero length with round ends.
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

/** Computes the figures of the successful probes; returns undefined if there are none. */
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
