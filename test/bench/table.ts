import type { Result } from './row.ts';

/** The results as columns for people. */
export function tableOf(results: readonly Result[]): string {
  const rows = results.map(({ name, unit, ours, reference, ratio, goal, met }) => [
    name,
    `${figure(ours)} ${unit}`,
    reference === undefined ? '' : `${figure(reference.figure)} ${unit} (${reference.name})`,
    ratio === undefined ? '' : `${figure(ratio)} x`,
    goal ?? '',
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]);
  const all = [['case', 'ours', 'reference', 'ratio', 'goal', ''], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
