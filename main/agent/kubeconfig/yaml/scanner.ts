import { codeAt, endOfText, isBlankOrEnd, isDocumentMarker } from './characters.ts';
import { skipBlanks } from './scan-blanks.ts';
import { scanBlock } from './scan-block.ts';
import { mayStartPlain, scanPlain } from './scan-plain.ts';
import { type Scanned, scanQuoted } from './scan-quoted.ts';
import { scanAnchor, scanDirective, scanTag } from './scan-words.ts';
import { SimpleKeys } from './simple-keys.ts';
import { type ScalarStyle, type Token, token, YamlFault } from './token.ts';
import { TokenQueue } from './token-queue.ts';

/**
 * Splits a YAML text into tokens exactly as go-yaml v2 does, which kubectl reads its files with (scannerc.go, after
 * libyaml's scanner.c). Other parsers refuse files that kubectl reads, and read some that it refuses. Makes one token at a
 * time, so that nothing after the first document is judged. Throws `YamlFault`.
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
  readonly #queue = new TokenQueue();

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith('\ufeff') ? 1 : 0;
    this.#lineStart = this.#at;
  }

  peek(): Token {
    for (;;) {
      const { first } = this.#queue;
      if (first !== undefined && !this.#keys.mayBeginAt(this.#queue.firstNumber, this.#line, this.#at))
        return first;
      this.#fetch();
    }
  }

  next(): Token {
    const first = this.peek();
    this.#queue.shift();
    return first;
  }

  #column(): number {
    return this.#at - this.#lineStart;
  }

  #skipBlanks(): void {
    const [start, mayStart] = [this.#lineStart, this.#mayStartKey];
    const here = { at: this.#at, line: this.#line, lineStart: start, mayStartKey: mayStart };
    const { at, line, lineStart, mayStartKey } = skipBlanks(this.#text, here, this.#flowLevel > 0);
    this.#at = at;
    this.#line = line;
    this.#lineStart = lineStart;
    this.#mayStartKey = mayStartKey;
  }

  #saveKey(): void {
    const position = { at: this.#at, line: this.#line, column: this.#column() };
    const isRequired = this.#flowLevel === 0 && this.#indent === position.column;
    if (this.#mayStartKey) this.#keys.save(this.#queue.nextNumber, position, isRequired);
  }

  /** Opens a block collection, before the token of that number or at the end. */
  #rollIndent(
    column: number,
    at: number,
    type: 'block-seq-start' | 'block-map-start',
    number = this.#queue.nextNumber,
  ): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    this.#queue.insert(token(type, at, at), number);
  }

  #unrollIndent(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      this.#queue.push(token('block-end', this.#at, this.#at));
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #fetch() {
    this.#skipBlanks();
    this.#unrollIndent(this.#column());
    const text = this.#text;
    const at = this.#at;
    const code = codeAt(text, at);
    const isFlow = this.#flowLevel > 0;
    const isSeparate = isBlankOrEnd(codeAt(text, at + 1));
    if (code === endOfText) return this.#fetchEnd();
    const isFirst = this.#column() === 0;
    if (isFirst && code === 37 /* % */) return this.#takeLine(scanDirective(text, at));
    if (isFirst && isDocumentMarker(text, at))
      return this.#takeLine(token(code === 45 ? 'document-start' : 'document-end', at, at + 3));
    switch (code) {
      case 91 /* [ */:
      case 123 /* { */:
        return this.#fetchFlowStart(code === 91 ? 'flow-seq-start' : 'flow-map-start');
      case 93 /* ] */:
      case 125 /* } */:
        return this.#fetchFlowEnd(code === 93 ? 'flow-seq-end' : 'flow-map-end');
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
      case 33 /* ! */:
        this.#saveKey();
        this.#mayStartKey = false;
        return this.#take(
          code === 33 ? scanTag(text, at) : scanAnchor(text, at, code === 38 ? 'anchor' : 'alias'),
        );
      case 124 /* | */:
      case 62 /* > */:
        if (!isFlow) return this.#fetchBlockScalar(code === 124 ? 'literal' : 'folded');
        break;
      case 39 /* ' */:
      case 34 /* " */:
        return this.#fetchQuoted(code === 39 ? 'single' : 'double');
    }
    if (code === 9 /* tab */) throw new YamlFault(at, 'there is a tab, where only spaces may indent');
    if (!mayStartPlain(text, at, isFlow))
      throw new YamlFault(at, `a value cannot begin with ${text[at]} here`);
    this.#fetchPlain();
  }

  /** Takes a token of one character. */
  #sign(type: Token['type']): void {
    this.#take(token(type, this.#at, this.#at + 1));
  }

  #take(one: Token): void {
    this.#at = one.end;
    this.#queue.push(one);
  }

  #fetchEnd(): void {
    this.#lineStart = this.#at;
    this.#line += 1;
    this.#endBlock();
    this.#queue.push(token('stream-end', this.#at, this.#at));
  }

  #endBlock(): void {
    this.#unrollIndent(-1);
    this.#keys.remove();
    this.#mayStartKey = false;
  }

  /** Takes a directive or a marker, which end all that is open. */
  #takeLine(one: Token): void {
    this.#endBlock();
    this.#take(one);
  }

  #fetchFlowStart(type: 'flow-seq-start' | 'flow-map-start'): void {
    this.#saveKey();
    this.#keys.openFlow(this.#queue.nextNumber);
    this.#flowLevel += 1;
    this.#mayStartKey = true;
    this.#sign(type);
  }

  #fetchFlowEnd(type: 'flow-seq-end' | 'flow-map-end'): void {
    this.#keys.remove();
    if (this.#flowLevel > 0) this.#keys.closeFlow();
    this.#flowLevel = Math.max(0, this.#flowLevel - 1);
    this.#mayStartKey = false;
    this.#sign(type);
  }

  #fetchBlockEntry(): void {
    this.#openBlock('block-seq-start', 'a list item is not allowed here');
    this.#keys.remove();
    this.#mayStartKey = true;
    this.#sign('block-entry');
  }

  #fetchKey(): void {
    this.#openBlock('block-map-start', 'a key is not allowed here');
    this.#keys.remove();
    this.#mayStartKey = this.#flowLevel === 0;
    this.#sign('key');
  }

  /** Opens the block collection of a sign that is not after an implicit key, unless it is open. */
  #openBlock(type: 'block-seq-start' | 'block-map-start', fault: string): void {
    if (this.#flowLevel > 0) return;
    if (!this.#mayStartKey) throw new YamlFault(this.#at, fault);
    this.#rollIndent(this.#column(), this.#at, type);
  }

  #fetchValue(): void {
    const key = this.#keys.take(this.#line, this.#at);
    if (key !== undefined) {
      this.#queue.insert(token('key', key.at, key.at), key.tokenNumber);
      this.#rollIndent(key.column, key.at, 'block-map-start', key.tokenNumber);
      this.#mayStartKey = false;
    } else {
      this.#openBlock('block-map-start', 'a second colon makes no sense here');
      this.#mayStartKey = this.#flowLevel === 0;
    }
    this.#sign('value');
  }

  #fetchBlockScalar(style: 'literal' | 'folded'): void {
    this.#keys.remove();
    this.#mayStartKey = true;
    this.#takeScalar(scanBlock(this.#text, this.#at, this.#indent), style);
  }

  #fetchQuoted(style: 'single' | 'double'): void {
    this.#saveKey();
    this.#mayStartKey = false;
    this.#takeScalar(scanQuoted(this.#text, this.#at, this.#lineStart), style);
  }

  #fetchPlain(): void {
    this.#saveKey();
    const layout = { indent: this.#indent + 1, isFlow: this.#flowLevel > 0, lineStart: this.#lineStart };
    const scanned = scanPlain(this.#text, this.#at, layout);
    this.#mayStartKey = scanned.endsInNewLine;
    this.#takeScalar(scanned, 'plain');
  }

  #takeScalar({ value, end, next = end, lines, lineStart }: Scanned, style: ScalarStyle): void {
    this.#queue.push(token('scalar', this.#at, end, value, { style }));
    this.#at = next;
    this.#line += lines;
    this.#lineStart = lineStart ?? this.#lineStart;
  }
}
