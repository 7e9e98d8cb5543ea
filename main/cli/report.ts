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

/**
 * Reports an error as text on stderr, or with `json` as a document on stdout. `gap` is between what happened and what to do:
 * clients that show only the first line of their plugin need both in it. Returns the exit code.
 */
export function reportError(error: unknown, { json }: { readonly json: boolean }, gap = '\n  '): number {
  const plain = toPlainError(error);
  if (json) writeJson({ error: plain });
  else {
    const mark = paint(plain.code === 'cancelled' ? 'yellow' : 'red', '✗', process.stderr);
    const texts = [plain.message, plain.hint ?? []].flat();
    writeAside([`${mark} ${texts.map((one) => printable(one)).join(gap)}`]);
  }
  return exitCodeOf(plain.code);
}
