import type { Comparison } from './comparison.ts';
import { type ComparisonLine, comparisonBlocks } from './comparison-lines.ts';
import { plainText } from './plain-text.ts';

/** Returns a comparison as a table in Markdown (GitHub's). Names and values of clusters stay text. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { clusters } = comparison;
  const heads = clusters.map(({ title, namespace }) => `${escaped(title)}<br>${escaped(namespace)}`);
  const rows = comparisonBlocks(comparison).flatMap(({ heading, lines }) => [
    rowOf(heading, `**${escaped(heading.label)}**`),
    ...lines.map((line) => rowOf(line, escaped(line.label))),
  ]);
  return [row(['', ...heads]), row(['---', ...heads.map(() => '---')]), ...rows].join('\n');
}

function rowOf({ cells }: ComparisonLine, label: string): string {
  return row([label, ...cells.map(({ text, differs }) => (differs ? `${escaped(text)} ≠` : escaped(text)))]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Escapes what Markdown and HTML read, so that a value is neither a link, nor an image, nor the end of its cell. */
function escaped(text: string): string {
  return plainText(text)
    .replaceAll('&', '&amp;')
    .replace(/[\\`*_{}[\]()#+!|~:@]/g, '\\$&')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
