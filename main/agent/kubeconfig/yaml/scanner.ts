import {
  afterBreak,
  codeAt,
  endOfText,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isBreakOrEnd,
  isDocumentMarker,
} from './characters.ts';
import { scanBlock } from './scan-block.ts';
import { scanPlain } from './scan-plain.ts';
import { scanQuoted } from './scan-quoted.ts';
import { scanAnchor, scanDirective, scanTag } from './scan-words.ts';
import { SimpleKeys } from './simple-keys.ts';
import { type Token, token, YamlFault } from './token.ts';

/**
 * Splits a YAML text into tokens exactly as go-yaml v2 does, which kubectl reads its files with (scannerc.go, itself a
 * translation of libyaml's scanner.c). It is our own because its judgement decides which files are edited: other parsers
 * refuse some that kubectl reads, and read some that kubectl refuses. Makes tokens one at a time, so that nothing after
 * the first document is judged. Throws `YamlFault`.
 */
export class Scanner {
  readonly #text: string;
  #at: number;
  #line = 0;
  #lineStart: number;
  #flowLevel = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #mayStartKey = true;
  readonly #keys = new SimpleKeys();
  #queue: Token[] = [];
  #head = 0;
  #parsed = 0;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith('\ufeff') ? 1 : 0;
    this.#lineStart = this.#at;
  }

  peek(): Token {
    for (;;) {
      const first = this.#queue[this.#head];
      if (first !== undefined && !this.#keys.mayBeginAt(this.#parsed, this.#here())) return first;
      this.#fetch();
    }
  }

  next(): Token {
    const first = this.peek();
    this.#head += 1;
    this.#parsed += 1;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    return first;
  }

  #column(): number {
    return this.#at - this.#lineStart;
  }

  #insert(one: Token, index = -1): void {
    if (index < 0) this.#queue.push(one);
    else this.#queue.splice(this.#head + index, 0, one);
  }

  #here() {
    return { at: this.#at, line: this.#line, column: this.#column() };
  }

  /** Returns the number of the next token. */
  #number(): number {
    return this.#parsed + this.#queue.length - this.#head;
  }

  #saveKey(): void {
    const isRequired = this.#flowLevel === 0 && this.#indent === this.#column();
    if (this.#mayStartKey) this.#keys.save(this.#number(), this.#here(), isRequired);
  }

  #rollIndent(column: number, at: number, type: 'block-seq-start' | 'block-map-start', number = -1): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    this.#insert(token(type, at, at), number < 0 ? -1 : number - this.#parsed);
  }

  #unrollIndent(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      this.#insert(token('block-end', this.#at, this.#at));
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #fetch() {
    this.#skipToToken();
    this.#unrollIndent(this.#column());
    const text = this.#text;
    const at = this.#at;
    const code = codeAt(text, at);
    const isFlow = this.#flowLevel > 0;
    const isSeparate = isBlankOrEnd(codeAt(text, at + 1));
    if (code === endOfText) return this.#fetchEnd();
    if (this.#column() === 0 && code === 37 /* % */) return this.#fetchDirective();
    if (this.#column() === 0 && isDocumentMarker(text, at)) return this.#fetchMarker(code);
    switch (code) {
      case 91 /* [ */:
        return this.#fetchFlowStart('flow-seq-start');
      case 123 /* { */:
        return this.#fetchFlowStart('flow-map-start');
      case 93 /* ] */:
        return this.#fetchFlowEnd('flow-seq-end');
      case 125 /* } */:
        return this.#fetchFlowEnd('flow-map-end');
      case 44 /* , */:
        this.#keys.remove();
        this.#mayStartKey = true;
        return this.#sign('flow-entry');
      case 45 /* - */:
        if (isSeparate) return this.#fetchBlockEntry();
        break;
      case 63 /* ? */:
        if (isFlow || isSeparate) return this.#fetchKey();
        break;
      case 58 /* : */:
        if (isFlow || isSeparate) return this.#fetchValue();
        break;
      case 42 /* * */:
      case 38 /* & */:
        this.#saveKey();
        this.#mayStartKey = false;
        return this.#take(scanAnchor(text, at, code === 38 ? 'anchor' : 'alias'));
      case 33 /* ! */:
        this.#saveKey();
        this.#mayStartKey = false;
        return this.#take(scanTag(text, at));
      case 124 /* | */:
      case 62 /* > */:
        if (!isFlow) return this.#fetchBlockScalar(code === 124 ? 'literal' : 'folded');
        break;
      case 39 /* ' */:
      case 34 /* " */:
        return this.#fetchQuoted(code === 39 ? 'single' : 'double');
    }
    if (!this.#mayStartPlain(code)) throw new YamlFault(at, 'a character cannot begin a value here');
    this.#fetchPlain();
  }

  #mayStartPlain(code: number): boolean {
    const next = codeAt(this.#text, this.#at + 1);
    if (code === 45 /* - */) return !isBlank(next);
    if (code === 63 || code === 58 /* ? : */) return this.#flowLevel === 0 && !isBlankOrEnd(next);
    return !isBlankOrEnd(code) && !',[]{}#&*!|>\'"%@`'.includes(String.fromCharCode(code));
  }

  /** Takes a token of one character. */
  #sign(type: Token['type']): void {
    this.#take(token(type, this.#at, this.#at + 1));
  }

  #take(one: Token): void {
    this.#at = one.end;
    this.#insert(one);
  }

  #fetchEnd(): void {
    if (this.#column() !== 0) {
      this.#lineStart = this.#at;
      this.#line += 1;
    }
    this.#endBlock();
    this.#insert(token('stream-end', this.#at, this.#at));
  }

  #endBlock(): void {
    this.#unrollIndent(-1);
    this.#keys.remove();
    this.#mayStartKey = false;
  }

  #fetchDirective(): void {
    this.#endBlock();
    this.#take(scanDirective(this.#text, this.#at));
    if (isBreak(codeAt(this.#text, this.#at))) this.#skipLine();
  }

  #fetchMarker(code: number): void {
    this.#endBlock();
    this.#take(token(code === 45 ? 'document-start' : 'document-end', this.#at, this.#at + 3));
  }

  #fetchFlowStart(type: 'flow-seq-start' | 'flow-map-start'): void {
    this.#saveKey();
    this.#keys.openFlow(this.#number());
    this.#flowLevel += 1;
    this.#mayStartKey = true;
    this.#sign(type);
  }

  #fetchFlowEnd(type: 'flow-seq-end' | 'flow-map-end'): void {
    this.#keys.remove();
    if (this.#flowLevel > 0) {
      this.#flowLevel -= 1;
      this.#keys.closeFlow();
    }
    this.#mayStartKey = false;
    this.#sign(type);
  }

  #fetchBlockEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#mayStartKey) throw new YamlFault(this.#at, 'a list item is not allowed here');
      this.#rollIndent(this.#column(), this.#at, 'block-seq-start');
    }
    this.#keys.remove();
    this.#mayStartKey = true;
    this.#sign('block-entry');
  }

  #fetchKey(): void {
    if (this.#flowLevel === 0) {
      if (!this.#mayStartKey) throw new YamlFault(this.#at, 'a key is not allowed here');
      this.#rollIndent(this.#column(), this.#at, 'block-map-start');
    }
    this.#keys.remove();
    this.#mayStartKey = this.#flowLevel === 0;
    this.#sign('key');
  }

  #fetchValue(): void {
    const key = this.#keys.take(this.#here());
    if (key !== undefined) {
      this.#insert(token('key', key.at, key.at), key.tokenNumber - this.#parsed);
      this.#rollIndent(key.column, key.at, 'block-map-start', key.tokenNumber);
      this.#mayStartKey = false;
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#mayStartKey) throw new YamlFault(this.#at, 'a second colon makes no sense here');
        this.#rollIndent(this.#column(), this.#at, 'block-map-start');
      }
      this.#mayStartKey = this.#flowLevel === 0;
    }
    this.#sign('value');
  }

  #fetchBlockScalar(style: 'literal' | 'folded'): void {
    this.#keys.remove();
    this.#mayStartKey = true;
    const start = this.#at;
    const { value, end, next, lines, lineStart } = scanBlock(this.#text, start, this.#indent);
    this.#insert(token('scalar', start, end, value, { style }));
    this.#moveTo(next, lines, lineStart);
  }

  #fetchQuoted(style: 'single' | 'double'): void {
    this.#saveKey();
    this.#mayStartKey = false;
    const start = this.#at;
    const { value, end, lines, lineStart } = scanQuoted(this.#text, start, this.#lineStart);
    this.#insert(token('scalar', start, end, value, { style }));
    this.#moveTo(end, lines, lineStart);
  }

  #fetchPlain(): void {
    this.#saveKey();
    this.#mayStartKey = false;
    const start = this.#at;
    const place = { indent: this.#indent + 1, isFlow: this.#flowLevel > 0, lineStart: this.#lineStart };
    const { value, end, next, lines, lineStart, endsInNewLine } = scanPlain(this.#text, start, place);
    this.#insert(token('scalar', start, end, value));
    this.#moveTo(next, lines, lineStart);
    if (endsInNewLine) this.#mayStartKey = true;
  }

  #moveTo(at: number, lines: number, lineStart: number | undefined): void {
    this.#at = at;
    this.#line += lines;
    this.#lineStart = lineStart ?? this.#lineStart;
  }

  #skipLine(): void {
    this.#at = afterBreak(this.#text, this.#at);
    this.#line += 1;
    this.#lineStart = this.#at;
  }

  #skipToToken(): void {
    const text = this.#text;
    for (;;) {
      if (this.#column() === 0 && codeAt(text, this.#at) === 0xfeff) this.#at += 1;
      let code = codeAt(text, this.#at);
      while (code === 32 || (code === 9 && (this.#flowLevel > 0 || !this.#mayStartKey))) {
        this.#at += 1;
        code = codeAt(text, this.#at);
      }
      if (code === 35 /* # */) while (!isBreakOrEnd(codeAt(text, this.#at))) this.#at += 1;
      if (!isBreak(codeAt(text, this.#at))) return;
      this.#skipLine();
      if (this.#flowLevel === 0) this.#mayStartKey = true;
    }
  }
}
