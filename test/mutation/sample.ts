import { createHash } from 'node:crypto';
import { type Area, mutantsIn } from './areas.ts';
import { type Equivalent, isEquivalent } from './equivalent.ts';
import type { Mutant } from './mutants.ts';

/** A smaller area would otherwise be measured by a handful. */
const leastOfArea = 20;

export interface Sampled {
  readonly area: Area;
  readonly mutant: Mutant;
}

/**
 * Resolves with about `count` mutants of the areas, each area in proportion to its size, without the equivalent ones.
 * The same seed takes the same mutants, also where other lines of their files have changed.
 */
export async function sample(options: {
  readonly areas: readonly Area[];
  readonly seed: string;
  readonly count: number;
  readonly equivalent: readonly Equivalent[];
}): Promise<readonly Sampled[]> {
  const { areas, seed, count, equivalent } = options;
  const all = await Promise.all(
    areas.map(async (area) => ({
      area,
      mutants: (await mutantsIn(area)).filter((mutant) => !isEquivalent(mutant, equivalent)),
    })),
  );
  const total = all.reduce((sum, { mutants }) => sum + mutants.length, 0);
  const taken = all.flatMap(({ area, mutants }) => {
    const share = Math.max(leastOfArea, Math.ceil((count * mutants.length) / Math.max(1, total)));
    return inOrder(mutants, seed)
      .slice(0, share)
      .map((mutant, at) => ({ area, mutant, rank: at / share }));
  });
  // The areas take turns, so that the first half of a run says something of each.
  return taken.sort((one, other) => one.rank - other.rank);
}

function inOrder(mutants: readonly Mutant[], seed: string): readonly Mutant[] {
  const seen = new Map<string, number>();
  const keyed = mutants.map((mutant) => {
    const name = JSON.stringify([mutant.file, mutant.from, mutant.to]);
    const occurrence = seen.get(name) ?? 0;
    seen.set(name, occurrence + 1);
    return { mutant, key: createHash('sha256').update(`${seed} ${occurrence} ${name}`).digest('hex') };
  });
  return keyed.sort((one, other) => (one.key < other.key ? -1 : 1)).map(({ mutant }) => mutant);
}
