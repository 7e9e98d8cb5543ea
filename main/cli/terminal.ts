import { stripVTControlCharacters, styleText } from 'node:util';
import { escapeUnseen, plainText } from '../model/plain-text.ts';

type Style = Parameters<typeof styleText>[0];
type Output = NodeJS.WriteStream;

/** Coloured where the stream is a terminal that wants colours: NO_COLOR and FORCE_COLOR are heeded. */
export function paint(style: Style, text: string, stream: Output = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Names and messages come from clouds and servers: nothing in them may move the cursor or colour the terminal. */
export function printable(text: string): string {
  return plainText(text);
}

/** The last guard before the terminal: shows what cannot be seen as `\\uXXXX`, whoever forgot `printable`. Colours stay. */
export function guarded(text: string): string {
  return escapeUnseen(text, { colours: true });
}

export function warningLine(warning: string): string {
  return `${paint('yellow', '!', process.stderr)} ${printable(warning)}`;
}

/** Whether somebody can be asked here. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Lines with the cells of each column one under another. Empty columns take no place. */
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

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** `4 min`: a span for people. */
export function span(ms: number): string {
  for (const [unit, size] of units) if (ms >= size) return `${Math.floor(ms / size)} ${unit}`;
  return `${Math.max(0, Math.floor(ms / 1000))} s`;
}
