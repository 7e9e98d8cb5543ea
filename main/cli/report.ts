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
 * Reports an error as text on stderr, or with `json` as a document on stdout. With `oneLine` what to do is in the same line,
 * because some clients show only the first line of their plugin. Returns the exit code.
 */
export function reportError(
  error: unknown,
  { json, oneLine = false }: { readonly json: boolean; readonly oneLine?: boolean },
): number {
  const plain = toPlainError(error);
  if (json) writeJson({ error: plain });
  else {
    const mark = paint(plain.code === 'cancelled' ? 'yellow' : 'red', '✗', process.stderr);
    const { message, hint = oneLine ? 'Run k8s-tunnels status.' : '' } = plain;
    const all = [`${mark} ${printable(message)}`, ...(hint === '' ? [] : [printable(hint)])];
    writeAside([all.join(oneLine ? ' ' : '\n  ')]);
  }
  return exitCodeOf(plain.code);
}
