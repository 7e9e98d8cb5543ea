import type { ComparedCell, ComparedField, ComparedRow, ComparedWorkload, Comparison } from './comparison.ts';

/** A line of a comparison as a shell shows it. */
export interface ComparisonLine {
  readonly label: string;
  /** The text of each cluster. */
  readonly cells: readonly { readonly text: string; readonly differs: boolean }[];
  readonly differs: boolean;
}

/** A workload, or the cluster itself, with its lines. The first line says where it exists. */
export interface ComparisonBlock {
  readonly heading: ComparisonLine;
  readonly lines: readonly ComparisonLine[];
}

const labels: Readonly<Record<ComparedField, string>> = {
  version: 'version',
  nodes: 'nodes',
  readyNodes: 'nodes ready',
  kubelets: 'kubelet',
  replicas: 'replicas',
  ready: 'ready',
  restarts: 'restarts',
  schedule: 'schedule',
  suspended: 'suspended',
  image: 'image',
  requests: 'requests',
  limits: 'limits',
};

/** Returns the lines of a comparison: the cluster first, then each workload. */
export function comparisonBlocks({ clusters, cluster, workloads }: Comparison): readonly ComparisonBlock[] {
  const heading = {
    label: 'Cluster',
    cells: clusters.map(() => ({ text: '', differs: false })),
    differs: false,
  };
  return [
    ...(cluster.length === 0 ? [] : [{ heading, lines: cluster.map((row) => lineOf(row, false)) }]),
    ...workloads.map(blockOf),
  ];
}

function blockOf({ kind, name, exists, rows }: ComparedWorkload): ComparisonBlock {
  const hasSeveral = new Set(rows.flatMap(({ container }) => container ?? [])).size > 1;
  const isMissing = exists.map(({ text, unknown }) => text === undefined && !unknown);
  return {
    heading: {
      label: `${kind}/${name}`,
      cells: exists.map(({ unknown }, at) => ({
        text: isMissing[at] ? 'missing' : unknown ? '?' : '',
        differs: isMissing[at] === true,
      })),
      differs: exists.some(({ differs }) => differs),
    },
    lines: rows.map((row) => lineOf(row, hasSeveral, isMissing)),
  };
}

function lineOf(
  { field, container, cells, differs }: ComparedRow,
  namesContainer: boolean,
  isMissing: readonly boolean[] = [],
): ComparisonLine {
  return {
    label: container !== undefined && namesContainer ? `${labels[field]} ${container}` : labels[field],
    cells: cells.map((cell, at) => ({
      text: isMissing[at] ? '' : textOf(cell),
      differs: cell.differs === true,
    })),
    differs,
  };
}

function textOf({ text, unknown }: ComparedCell): string {
  return text ?? (unknown ? '?' : '-');
}
