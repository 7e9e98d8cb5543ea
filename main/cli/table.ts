import { stripVTControlCharacters } from 'node:util';

/** Aligns the cells of each column. Drops empty columns. */
export function table(rows: readonly (readonly string[])[], indent = ''): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, width(cell));
  return rows.map((row) => {
    const cells = row.flatMap((cell, at) => {
      const wide = widths[at] ?? 0;
      return wide === 0 ? [] : [cell + ' '.repeat(wide - width(cell))];
    });
    return (indent + cells.join('  ')).trimEnd();
  });
}

function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
