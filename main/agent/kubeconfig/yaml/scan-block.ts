import {
  afterBreak,
  breakText,
  codeAt,
  endOfText,
  isBlank,
  isBreak,
  isBreakOrEnd,
  isDigit,
} from './characters.ts';
import type { Scanned } from './scan-quoted.ts';
import { YamlFault } from './token.ts';

/** A block scalar: `end` is the end of its lines, `next` where the scan goes on, in the line that ended it. */
export interface ScannedBlock extends Scanned {
  readonly next: number;
}

/**
 * Scans a block scalar. `start` is the offset of `|` or `>`, `parentIndent` the column of the collection that contains it,
 * or -1.
 */
export function scanBlock(text: string, start: number, parentIndent: number): ScannedBlock {
  const isLiteral = text.charCodeAt(start) === 124;
  const header = scanHeader(text, start);
  let { at } = header;
  let lines = 0;
  let lineStart: number | undefined;
  const newLine = () => {
    at = afterBreak(text, at);
    lines += 1;
    lineStart = at;
  };
  if (isBreak(codeAt(text, at))) newLine();
  const base = lineStart ?? start;
  let end = at;
  let indent = header.increment === 0 ? 0 : Math.max(parentIndent, 0) + header.increment;
  const column = () => at - (lineStart ?? base);

  /** Skips indentation and empty lines. Finds out the indentation where it is not given. */
  const skipBreaks = (): string => {
    let breaks = '';
    let widest = 0;
    end = at;
    for (;;) {
      while ((indent === 0 || column() < indent) && codeAt(text, at) === 32) at += 1;
      widest = Math.max(widest, column());
      const code = codeAt(text, at);
      if ((indent === 0 || column() < indent) && code === 9)
        throw new YamlFault(at, 'a tab is used as indentation');
      if (!isBreak(code)) break;
      breaks += breakText(code);
      newLine();
      end = at;
    }
    if (indent === 0) indent = Math.max(widest, parentIndent + 1, 1);
    return breaks;
  };

  let value = '';
  let leading = '';
  let trailing = skipBreaks();
  let wasBlank = false;
  while (column() === indent && at < text.length) {
    const isBlankLine = isBlank(codeAt(text, at));
    if (!isLiteral && !wasBlank && !isBlankLine && leading === '\n') value += trailing === '' ? ' ' : '';
    else value += leading;
    value += trailing;
    wasBlank = isBlankLine;
    const from = at;
    while (!isBreakOrEnd(codeAt(text, at))) at += 1;
    value += text.slice(from, at);
    const code = codeAt(text, at);
    leading = code === endOfText ? '' : breakText(code);
    if (code !== endOfText) newLine();
    trailing = skipBreaks();
  }
  if (header.chomping !== '-') value += leading;
  if (header.chomping === '+') value += trailing;
  return { value, end, next: at, lines, lineStart };
}

/** Scans the indicators after `|` or `>`, in any order, up to the line break. */
function scanHeader(text: string, start: number) {
  let at = start + 1;
  let chomping = '';
  let increment = 0;
  const chomp = () => {
    const code = codeAt(text, at);
    if (code !== 43 && code !== 45) return false;
    chomping = String.fromCharCode(code);
    at += 1;
    return true;
  };
  const width = () => {
    const code = codeAt(text, at);
    if (!isDigit(code)) return false;
    if (code === 48) throw new YamlFault(start, 'a block text has an indentation of 0');
    increment = code - 48;
    at += 1;
    return true;
  };
  if (chomp()) width();
  else if (width()) chomp();
  while (isBlank(codeAt(text, at))) at += 1;
  if (codeAt(text, at) === 35 /* # */) while (!isBreakOrEnd(codeAt(text, at))) at += 1;
  if (!isBreakOrEnd(codeAt(text, at)))
    throw new YamlFault(start, 'a block text begins on the line of its sign');
  return { at, chomping, increment };
}
