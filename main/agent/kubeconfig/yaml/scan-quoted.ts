import {
  afterBreak,
  breakText,
  codeAt,
  endOfText,
  hexValue,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isDocumentMarker,
} from './characters.ts';
import { YamlFault } from './token.ts';

/** What a scanned scalar says, where it ends, and the lines that it took. */
export interface Scanned {
  readonly value: string;
  readonly end: number;
  /** Where the scan goes on, if not at `end`. */
  readonly next?: number;
  /** The number of line breaks in it, and the start of the last line. Undefined if it is on one line. */
  readonly lines: number;
  readonly lineStart: number | undefined;
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
const escapeLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Scans a quoted scalar. `start` is the offset of its quote, `startLine` that of its line. */
export function scanQuoted(text: string, start: number, startLine: number): Scanned {
  const quote = text.charCodeAt(start);
  const isSingle = quote === 39;
  let at = start + 1;
  let value = '';
  let lines = 0;
  let lineStart = startLine;
  const newLine = () => {
    at = afterBreak(text, at);
    lines += 1;
    lineStart = at;
  };
  for (;;) {
    if (at === lineStart && isDocumentMarker(text, at))
      throw new YamlFault(start, 'a quoted text is not closed before the end of the document');
    if (at >= text.length) throw new YamlFault(start, 'a quoted text is not closed');
    let isFolded = false;
    let from = at;
    for (;;) {
      const code = codeAt(text, at);
      if (isBlankOrEnd(code)) break;
      if (code === quote) {
        if (!isSingle || codeAt(text, at + 1) !== 39) break;
        value += text.slice(from, at + 1);
        at += 2;
        from = at;
      } else if (code === 92 && !isSingle) {
        value += text.slice(from, at);
        if (isBreak(codeAt(text, at + 1))) {
          at += 1;
          newLine();
          isFolded = true;
          from = at;
          break;
        }
        const [escaped, end] = readEscape(text, at, start);
        value += escaped;
        at = end;
        from = at;
      } else at += 1;
    }
    value += text.slice(from, at);
    if (codeAt(text, at) === quote) break;
    let blanks = '';
    let leading = '';
    let trailing = '';
    for (let code = codeAt(text, at); isBlank(code) || isBreak(code); code = codeAt(text, at)) {
      if (isBlank(code)) {
        if (!isFolded) blanks += text[at];
        at += 1;
        continue;
      }
      if (isFolded) trailing += breakText(code);
      else {
        leading = breakText(code);
        blanks = '';
        isFolded = true;
      }
      newLine();
    }
    value += isFolded ? folded(leading, trailing) : blanks;
  }
  return { value, end: at + 1, lines, lineStart: lines === 0 ? undefined : lineStart };
}

/** Joins lines as YAML folds them: one line break is a space, of several the first is left out. */
export function folded(leading: string, trailing: string): string {
  if (leading !== '\n') return leading + trailing;
  return trailing === '' ? ' ' : trailing;
}

function readEscape(text: string, at: number, start: number): readonly [string, number] {
  const letter = at + 1 < text.length ? (text[at + 1] ?? '') : '';
  const simple = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
  if (simple !== undefined) return [simple, at + 2];
  const length = Object.hasOwn(escapeLengths, letter) ? escapeLengths[letter] : undefined;
  if (length === undefined || codeAt(text, at + 1) === endOfText)
    throw new YamlFault(start, 'a quoted text has an unknown escape');
  let code = 0;
  for (let index = 0; index < length; index += 1) {
    const digit = hexValue(codeAt(text, at + 2 + index));
    if (digit < 0) throw new YamlFault(start, 'a quoted text has an escape without its digits');
    code = code * 16 + digit;
  }
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
    throw new YamlFault(start, 'a quoted text has an escape for no character');
  return [String.fromCodePoint(code), at + 2 + length];
}
