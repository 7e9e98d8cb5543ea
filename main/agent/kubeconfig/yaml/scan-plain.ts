import {
  afterBreak,
  breakText,
  codeAt,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isDocumentMarker,
} from './characters.ts';
import { folded, type Scanned } from './scan-quoted.ts';
import { YamlFault } from './token.ts';

/** How a plain scalar ended: `end` is the end of its text, `next` that of the blanks and lines after it. */
export interface ScannedPlain extends Scanned {
  readonly next: number;
  /** True if the scan stopped at the start of a line, or after its indentation. */
  readonly endsInNewLine: boolean;
}

/** Scans a plain scalar. `indent` is the column that its further lines need at least, unless it is in a flow. */
export function scanPlain(
  text: string,
  start: number,
  layout: { readonly indent: number; readonly isFlow: boolean; readonly lineStart: number },
): ScannedPlain {
  const { indent, isFlow } = layout;
  let { lineStart } = layout;
  let at = start;
  let end = start;
  let value = '';
  let lines = 0;
  let isFolded = false;
  let between = '';
  let leading = '';
  let trailing = '';
  for (;;) {
    if (at === lineStart && isDocumentMarker(text, at)) break;
    if (codeAt(text, at) === 35 /* # */) break;
    const from = at;
    for (let code = codeAt(text, at); !isBlankOrEnd(code); code = codeAt(text, at)) {
      if (code === 58 /* : */ && isBlankOrEnd(codeAt(text, at + 1))) break;
      if (isFlow && isFlowIndicator(code)) break;
      at += 1;
    }
    if (at > from) {
      value += (isFolded ? folded(leading, trailing) : between) + text.slice(from, at);
      isFolded = false;
      between = '';
      leading = '';
      trailing = '';
      end = at;
    }
    const stop = codeAt(text, at);
    if (!isBlank(stop) && !isBreak(stop)) break;
    for (let code = stop; isBlank(code) || isBreak(code); code = codeAt(text, at)) {
      if (isBlank(code)) {
        if (isFolded && at - lineStart < indent && code === 9)
          throw new YamlFault(at, 'a tab is used as indentation');
        if (!isFolded) between += text[at];
        at += 1;
        continue;
      }
      if (isFolded) trailing += breakText(code);
      else {
        leading = breakText(code);
        between = '';
        isFolded = true;
      }
      at = afterBreak(text, at);
      lines += 1;
      lineStart = at;
    }
    if (!isFlow && at - lineStart < indent) break;
  }
  return {
    value,
    end,
    next: at,
    lines,
    lineStart: lines === 0 ? undefined : lineStart,
    endsInNewLine: isFolded,
  };
}

/** Returns true for `,`, `?`, `[`, `]`, `{` and `}`. */
function isFlowIndicator(code: number): boolean {
  return code === 44 || code === 63 || code === 91 || code === 93 || code === 123 || code === 125;
}

/** Returns true if a plain scalar may begin at that character: some signs may, if no blank follows them. */
export function mayStartPlain(text: string, at: number, isFlow: boolean): boolean {
  const code = codeAt(text, at);
  const next = codeAt(text, at + 1);
  if (code === 45 /* - */) return !isBlank(next);
  if (code === 63 || code === 58 /* ? : */) return !isFlow && !isBlankOrEnd(next);
  return !isBlankOrEnd(code) && !',[]{}#&*!|>\'"%@`'.includes(String.fromCharCode(code));
}
