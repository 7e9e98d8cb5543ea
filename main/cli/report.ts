import { toPlainError } from '../model/app-error.ts';
import { escapeUnseen } from '../model/plain-text.ts';
import { exitCodeOf } from './exit-codes.ts';
import { guarded, paint, printable } from './terminal.ts';

/** Writes one JSON document to stdout, with characters that a terminal does not show escaped. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${escapeUnseen(JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0))}\n`);
}

export function writeLines(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${guarded(lines.join('\n'))}\n`);
}

/** Writes to stderr, so that stdout has only the result. */
export function writeAside(lines: readonly string[]): void {
  if (lines.length > 0) process.stderr.write(`${guarded(lines.join('\n'))}\n`);
}

/** Reports an error as text on stderr, or with `json` as a document on stdout. Returns the exit code. */
export function reportError(error: unknown, { json }: { readonly json: boolean }): number {
  const plain = toPlainError(error);
  if (json) writeJson({ error: plain });
  else {
    const mark = paint(plain.code === 'cancelled' ? 'yellow' : 'red', '✗', process.stderr);
    writeAside([
      `${mark} ${printable(plain.message)}`,
      ...(plain.hint === undefined ? [] : [`  ${printable(plain.hint)}`]),
    ]);
  }
  return exitCodeOf(plain.code);
}
