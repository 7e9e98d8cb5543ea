import type { DiscoverySource } from '../discovery-source.ts';

/** How long a disabled API is not asked again, unless the user waits for the run. */
const offMs = 24 * 60 * 60_000;

/** Returns true if an earlier run found the API of a location disabled. */
export function isOff(options: {
  readonly project: string;
  readonly region: string;
  readonly run: Pick<Parameters<DiscoverySource['discover']>[0], 'asked' | 'cells'>;
  readonly now: number;
}): boolean {
  const { project, region, run, now } = options;
  if (run.asked) return false;
  const cell = run.cells.find((one) => one.account === project && one.region === region);
  if (cell?.error?.code !== 'gcp-api-disabled' || cell.triedAt === undefined) return false;
  const age = now - cell.triedAt;
  return age >= 0 && age < offMs;
}
