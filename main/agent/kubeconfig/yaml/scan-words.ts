import {
  codeAt,
  hexValue,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isBreakOrEnd,
  isDigit,
  isWord,
} from './characters.ts';
import { type Token, token, YamlFault } from './token.ts';

/** Scans an anchor or an alias. `start` is the offset of `&` or `*`. */
export function scanAnchor(text: string, start: number, type: 'anchor' | 'alias'): Token {
  const end = wordEnd(text, start + 1);
  const next = codeAt(text, end);
  // ? : , ] } % @ `
  const mayFollow = isBlankOrEnd(next) || '?:,]}%@`'.includes(String.fromCharCode(next));
  if (end === start + 1 || !mayFollow)
    throw new YamlFault(start, `the name of an ${type} is missing or has an unexpected character`);
  return token(type, start, end, text.slice(start + 1, end));
}

/** Scans a tag. `start` is the offset of `!`. */
export function scanTag(text: string, start: number): Token {
  let handle = '';
  let suffix: string;
  let end: number;
  if (codeAt(text, start + 1) === 60 /* < */) {
    [suffix, end] = scanUri(text, start + 2, '');
    if (codeAt(text, end) !== 62 /* > */) throw new YamlFault(start, 'a tag has no closing ">"');
    end += 1;
  } else {
    [handle, end] = scanHandle(text, start, false);
    if (handle.length > 1 && handle.endsWith('!')) [suffix, end] = scanUri(text, end, '');
    else {
      [suffix, end] = scanUri(text, end, handle);
      [handle, suffix] = suffix === '' ? ['', '!'] : ['!', suffix];
    }
  }
  if (!isBlankOrEnd(codeAt(text, end))) throw new YamlFault(start, 'a tag is not followed by a space');
  return token('tag', start, end, handle, { suffix });
}

/** Scans a `%YAML` or `%TAG` line up to its line break. `start` is the offset of `%`. */
export function scanDirective(text: string, start: number): Token {
  const nameEnd = wordEnd(text, start + 1);
  const name = text.slice(start + 1, nameEnd);
  if (!isBlankOrEnd(codeAt(text, nameEnd))) throw new YamlFault(start, 'a directive has an invalid name');
  let result: Token;
  if (name === 'YAML') {
    const [major, point] = scanNumber(text, afterBlanks(text, nameEnd), start);
    if (codeAt(text, point) !== 46 /* . */) throw new YamlFault(start, 'a %YAML directive has no version');
    const [minor, end] = scanNumber(text, point + 1, start);
    result = token('version', start, end, `${major}.${minor}`);
  } else if (name === 'TAG') {
    const [handle, handleEnd] = scanHandle(text, afterBlanks(text, nameEnd), true);
    if (!isBlank(codeAt(text, handleEnd))) throw new YamlFault(start, 'a %TAG directive has no prefix');
    const [suffix, end] = scanUri(text, afterBlanks(text, handleEnd), '');
    if (!isBlankOrEnd(codeAt(text, end)))
      throw new YamlFault(start, 'a %TAG directive has an invalid prefix');
    result = token('tag-directive', start, end, handle, { suffix });
  } else throw new YamlFault(start, 'a directive is unknown');
  let rest = afterBlanks(text, result.end);
  if (codeAt(text, rest) === 35 /* # */) while (!isBreakOrEnd(codeAt(text, rest))) rest += 1;
  if (!isBreakOrEnd(codeAt(text, rest)))
    throw new YamlFault(start, 'a directive is followed by something else');
  return { ...result, end: rest };
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (isWord(codeAt(text, at))) at += 1;
  return at;
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(codeAt(text, at))) at += 1;
  return at;
}

function scanNumber(text: string, from: number, start: number): readonly [number, number] {
  let at = from;
  while (isDigit(codeAt(text, at))) at += 1;
  if (at === from || at - from > 2) throw new YamlFault(start, 'a %YAML directive has an invalid version');
  return [Number(text.slice(from, at)), at];
}

function scanHandle(text: string, from: number, isDirective: boolean): readonly [string, number] {
  if (codeAt(text, from) !== 33 /* ! */) throw new YamlFault(from, 'a tag has no "!"');
  let at = wordEnd(text, from + 1);
  if (codeAt(text, at) === 33) at += 1;
  else if (isDirective && at > from + 1) throw new YamlFault(from, 'a tag has no second "!"');
  return [text.slice(from, at), at];
}

/** The characters of a URI besides those of a word. */
const uriCharacters = ";/?:@&=+$,.!~*'()[]";

/** Scans the rest of a tag after `head`, whose first "!" does not belong to it. */
function scanUri(text: string, from: number, head: string): readonly [string, number] {
  let at = from;
  let uri = head.slice(1);
  for (;;) {
    const code = codeAt(text, at);
    if (code === 37 /* % */) {
      if (hexValue(codeAt(text, at + 1)) < 0 || hexValue(codeAt(text, at + 2)) < 0)
        throw new YamlFault(from, 'a tag has an invalid escape');
      uri += text.slice(at, at + 3);
      at += 3;
    } else if (
      isWord(code) ||
      (code > 0 && !isBreak(code) && uriCharacters.includes(String.fromCharCode(code)))
    ) {
      uri += text[at];
      at += 1;
    } else break;
  }
  if (at === from && head === '') throw new YamlFault(from, 'a tag is empty');
  return [uri, at];
}
