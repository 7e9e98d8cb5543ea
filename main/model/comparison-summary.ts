import type { Comparison } from './comparison.ts';
import { plural } from './wording.ts';

/** Returns how much differs, and how much was left out, as one line for users. */
export function comparisonSummary({ differences, workloads, leftOut }: Comparison): string {
  const found = plural(differences, { one: '# difference', other: '# differences' });
  const among = plural(workloads.length, { one: '# workload', other: '# workloads' });
  const more =
    leftOut === undefined
      ? ''
      : ` ${plural(leftOut, { other: '# more' })} left out: give a kind of workload.`;
  return `${found} in ${among} and the clusters.${more}`;
}
