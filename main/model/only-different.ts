import type { Comparison } from './comparison.ts';

/** Returns only the rows that differ, and the workloads that differ. */
export function onlyDifferent(comparison: Comparison): Comparison {
  return {
    ...comparison,
    cluster: comparison.cluster.filter(({ differs }) => differs),
    workloads: comparison.workloads
      .filter(({ differs }) => differs)
      .map((workload) => ({ ...workload, rows: workload.rows.filter(({ differs }) => differs) })),
  };
}
