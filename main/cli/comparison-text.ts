import { stripVTControlCharacters } from 'node:util';
import type { Comparison } from '../model/comparison.ts';
import { type ComparisonBlock, type ComparisonLine, comparisonBlocks } from '../model/comparison-lines.ts';
import { table } from './table.ts';
import { paint, printable } from './terminal.ts';

/** Marks what differs, for those who see no colour. */
const sign = '≠';

/** Returns the lines of a comparison for a terminal: a table, or a block for each workload where that is too wide. */
export function comparisonText(comparison: Comparison, columns: number): readonly string[] {
  const blocks = comparisonBlocks(comparison);
  const lines = table([...headings(comparison), ...blocks.flatMap(tableRows)]);
  const isTooWide = lines.some((line) => [...stripVTControlCharacters(line)].length > columns);
  return isTooWide ? blocks.flatMap((block) => blockLines(block, comparison.clusters)) : lines;
}

function headings({ clusters }: Comparison): readonly (readonly string[])[] {
  return [
    ['', '', ...clusters.map(titleOf)],
    ['', 'namespace', ...clusters.map(({ namespace }) => paint('dim', printable(namespace)))],
  ];
}

function titleOf({ title, production, error }: Comparison['clusters'][number]): string {
  const name = paint(production ? ['red', 'bold'] : 'bold', printable(title));
  return `${error === undefined ? '' : '✗ '}${name}${production ? ' (production)' : ''}`;
}

function tableRows({ heading, lines }: ComparisonBlock): readonly (readonly string[])[] {
  return [
    [markOf(heading), paint('bold', printable(heading.label)), ...heading.cells.map(cellText)],
    ...lines.map((line) => [
      markOf(line),
      `  ${line.differs ? printable(line.label) : paint('dim', printable(line.label))}`,
      ...line.cells.map((cell) => (line.differs ? cellText(cell) : dimmed(cell.text))),
    ]),
  ];
}

function markOf({ differs }: ComparisonLine): string {
  return differs ? paint('yellow', sign) : ' ';
}

function cellText({ text, differs }: ComparisonLine['cells'][number]): string {
  return differs ? paint('yellow', `${printable(text)} ${sign}`) : printable(text);
}

function dimmed(text: string): string {
  return text === '' ? '' : paint('dim', printable(text));
}

/** One line for what is the same everywhere, and a line for each cluster for what differs. */
function blockLines(
  { heading, lines }: ComparisonBlock,
  clusters: Comparison['clusters'],
): readonly string[] {
  const byCluster = ({ cells }: ComparisonLine, indent: string) =>
    table(
      cells.flatMap((cell, at) => {
        const { title = '' } = clusters[at] ?? {};
        return cell.text === '' ? [] : [[printable(title), cellText(cell)]];
      }),
      indent,
    );
  return [
    `${markOf(heading)} ${paint('bold', printable(heading.label))}`,
    ...byCluster(heading, '    '),
    ...lines.flatMap((line) => {
      const { label, cells, differs } = line;
      if (differs) return [`${markOf(line)}   ${printable(label)}`, ...byCluster(line, '      ')];
      const text = cells.find((cell) => cell.text !== '' && cell.text !== '?')?.text ?? '?';
      return [paint('dim', `    ${printable(label)}  ${printable(text)}`)];
    }),
  ];
}
