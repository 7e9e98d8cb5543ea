import type { SoakAgent } from './agent.ts';
import type { Traffic } from './traffic.ts';
import type { SoakWorld } from './world.ts';

/** What every phase works on. */
export interface Soak {
  readonly world: SoakWorld;
  readonly agent: SoakAgent;
  readonly traffic: Traffic;
  readonly report: Report;
}

/** The checks of a run, and the figures that are only printed. */
export class Report {
  passed = 0;
  failed = 0;
  private readonly startedAt = Date.now();

  /** One check, printed at once. `detail` says what was seen. */
  check(name: string, holds: boolean, detail = ''): void {
    if (holds) this.passed += 1;
    else this.failed += 1;
    this.print(`${holds ? 'passed' : 'FAILED'}: ${name}${detail === '' ? '' : ` (${detail})`}`);
  }

  figure(text: string): void {
    this.print(`figure: ${text}`);
  }

  phase(name: string): void {
    this.print(`-- ${name}`);
  }

  private print(text: string): void {
    const seconds = Math.round((Date.now() - this.startedAt) / 1000);
    console.log(`${String(seconds).padStart(4)} s  ${text}`);
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again and again until it is true; false when it is not within `limitMs`. */
export async function until(
  limitMs: number,
  isSo: () => boolean | Promise<boolean>,
  everyMs = 200,
): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    if (await isSo()) return true;
    if (Date.now() > deadline) return false;
    await sleep(everyMs);
  }
}

/** How many tunnels are in each state, as the window would show it. */
export async function states({ agent }: Pick<Soak, 'agent'>): Promise<Readonly<Record<string, number>>> {
  const { tunnels } = await agent.client.call('snapshot', {});
  const counts: Record<string, number> = {};
  for (const { state } of tunnels) counts[state.status] = (counts[state.status] ?? 0) + 1;
  return counts;
}

/** Every tunnel is up and every watch gets lines again. */
export async function recovers(soak: Soak, limitMs: number): Promise<{ ok: boolean; detail: string }> {
  const { world, traffic } = soak;
  const since = Date.now();
  const silent = () => traffic.watches.filter(({ lineAt }) => lineAt < since).length;
  const ok = await until(
    limitMs,
    async () => silent() === 0 && (await states(soak)).connected === world.names.length,
    500,
  );
  return { ok, detail: `tunnels ${JSON.stringify(await states(soak))}, watches without a line ${silent()}` };
}

/** The value that a share of `values`, from 0 to 1, does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
