import { afterBreak, codeAt, isBreak, isBreakOrEnd } from './characters.ts';

/** A position between tokens. */
export interface Blanks {
  readonly at: number;
  readonly line: number;
  readonly lineStart: number;
  /** True if an implicit key may begin there. */
  readonly mayStartKey: boolean;
}

/** Skips blanks, comments and line breaks. Outside flow collections, a tab is no blank where a key may begin. */
export function skipBlanks(text: string, from: Blanks, isFlow: boolean): Blanks {
  let { at, line, lineStart, mayStartKey } = from;
  for (;;) {
    if (at === lineStart && codeAt(text, at) === 0xfeff) at += 1;
    let code = codeAt(text, at);
    while (code === 32 || (code === 9 && (isFlow || !mayStartKey))) {
      at += 1;
      code = codeAt(text, at);
    }
    if (code === 35 /* # */) while (!isBreakOrEnd(codeAt(text, at))) at += 1;
    if (!isBreak(codeAt(text, at))) return { at, line, lineStart, mayStartKey };
    at = afterBreak(text, at);
    line += 1;
    lineStart = at;
    if (!isFlow) mayStartKey = true;
  }
}
