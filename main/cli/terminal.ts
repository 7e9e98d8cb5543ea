import { styleText } from 'node:util';
import { escapeUnseen, plainText } from '../model/plain-text.ts';

type Style = Parameters<typeof styleText>[0];
type Output = NodeJS.WriteStream;

/** Styles the text if the stream is a terminal that supports colours. Respects NO_COLOR and FORCE_COLOR. */
export function paint(style: Style, text: string, stream: Output = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Removes control characters from names and messages of clouds and servers, which must not control the terminal. */
export function printable(text: string): string {
  return plainText(text);
}

/**
 * Escapes invisible characters as `\\uXXXX`, except colours. The last guard before the terminal, for text that skipped
 * `printable`.
 */
export function guarded(text: string): string {
  return escapeUnseen(text, { colours: true });
}

export function warningLine(warning: string): string {
  return `${paint('yellow', '!', process.stderr)} ${printable(warning)}`;
}

/** Returns true if the process has a terminal to ask the user in. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}
