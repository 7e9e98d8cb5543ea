import { type Item, type MapNode, type Node, type Pair, pairEnd, type SeqNode } from './node.ts';
import { type Properties, readProperties, rest } from './properties.ts';
import type { Scanner } from './scanner.ts';
import { type Token, YamlFault } from './token.ts';

/** More levels than any kubeconfig has, and fewer than the stack. */
const deepest = 500;

/** Makes nodes of tokens. `handles` are the tags that directives define. */
export class NodeParser {
  readonly #scanner: Scanner;
  readonly #handles: ReadonlyMap<string, string>;
  readonly #anchors = new Map<string, Node>();
  #depth = 0;

  constructor(scanner: Scanner, handles: ReadonlyMap<string, string>) {
    this.#scanner = scanner;
    this.#handles = handles;
  }

  /** Parses the node that begins at the next token. */
  root(): Node {
    return this.#node(true, false);
  }

  #node(isBlock: boolean, mayBeIndentless: boolean): Node {
    const scanner = this.#scanner;
    if (scanner.peek().type === 'alias') return this.#alias();
    const properties = readProperties(scanner, this.#handles);
    const one = scanner.peek();
    this.#depth += 1;
    if (this.#depth > deepest) throw new YamlFault(one.start, 'values are nested too deeply');
    const node = this.#content(one, properties, isBlock, mayBeIndentless);
    this.#depth -= 1;
    return node;
  }

  #content(one: Token, properties: Properties, isBlock: boolean, mayBeIndentless: boolean): Node {
    if (mayBeIndentless && one.type === 'block-entry') return this.#blockSeq(properties, true);
    switch (one.type) {
      case 'scalar':
        this.#scanner.next();
        return this.#anchored({
          ...rest(properties, one.start),
          kind: 'scalar',
          value: one.value,
          style: one.style,
          start: one.start,
          end: one.end,
        });
      case 'flow-seq-start':
        return this.#flowSeq(properties);
      case 'flow-map-start':
        return this.#flowMap(properties);
      case 'block-seq-start':
        if (isBlock) return this.#blockSeq(properties, false);
        break;
      case 'block-map-start':
        if (isBlock) return this.#blockMap(properties);
        break;
    }
    if (properties.anchor === undefined && properties.tag === undefined)
      throw new YamlFault(one.start, 'a value is missing');
    return this.#anchored({ ...empty(properties.end), ...rest(properties, properties.end) });
  }

  #alias(): Node {
    const { value: name, start, end } = this.#scanner.next();
    const target = this.#anchors.get(name);
    if (target === undefined) throw new YamlFault(start, 'an alias has no anchor before it');
    return { kind: 'alias', name, target, start, end, from: start, anchor: undefined, tag: undefined };
  }

  #anchored<T extends Node>(node: T): T {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    return node;
  }

  #blockSeq(properties: Properties, isIndentless: boolean): Node {
    const scanner = this.#scanner;
    const opening = isIndentless ? scanner.peek() : scanner.next();
    const { node, items } = this.#openSeq(properties, opening.start, false);
    while (scanner.peek().type === 'block-entry') {
      const dash = scanner.next();
      const { type } = scanner.peek();
      const isEmpty =
        type === 'block-entry' ||
        type === 'block-end' ||
        (isIndentless && (type === 'key' || type === 'value'));
      items.push({ dash: dash.start, node: isEmpty ? empty(dash.end) : this.#node(true, false) });
    }
    const last = items.at(-1);
    node.end = last === undefined ? opening.start : Math.max(last.node.end, last.dash + 1);
    if (!isIndentless) {
      const closing = scanner.next();
      if (closing.type !== 'block-end')
        throw new YamlFault(closing.start, 'a list is interrupted: a dash is missing');
    }
    return node;
  }

  #blockMap(properties: Properties): Node {
    const scanner = this.#scanner;
    const opening = scanner.next();
    const { node, pairs } = this.#openMap(properties, opening.start, false);
    for (;;) {
      const sign = scanner.peek();
      if (sign.type !== 'key') break;
      scanner.next();
      const key = isKeyEdge(scanner.peek()) ? empty(sign.end) : this.#node(true, true);
      pairs.push(this.#pair(sign, key, isKeyEdge, true));
    }
    const closing = scanner.next();
    if (closing.type !== 'block-end')
      throw new YamlFault(closing.start, 'a key is missing, or is not indented as the others');
    const last = pairs.at(-1);
    node.end = last === undefined ? opening.start : pairEnd(last);
    return node;
  }

  #flowSeq(properties: Properties): Node {
    const scanner = this.#scanner;
    const { node, items } = this.#openSeq(properties, scanner.next().start, true);
    while (scanner.peek().type !== 'flow-seq-end') {
      if (items.length > 0) {
        const comma = scanner.next();
        if (comma.type !== 'flow-entry') throw new YamlFault(comma.start, 'a "," or "]" is missing');
        node.hasLastComma = scanner.peek().type === 'flow-seq-end';
        if (node.hasLastComma) break;
      }
      const sign = scanner.peek();
      if (sign.type === 'key') items.push({ dash: sign.start, node: this.#onlyPair() });
      else items.push({ dash: sign.start, node: this.#node(false, false) });
    }
    node.end = scanner.next().end;
    return node;
  }

  /** Parses `[key: value]`: an item that is a mapping of one pair, without braces. */
  #onlyPair(): Node {
    const scanner = this.#scanner;
    const sign = scanner.next();
    const isEdge = ({ type }: Token) => type === 'flow-entry' || type === 'flow-seq-end';
    let key: Node;
    const first = scanner.peek();
    if (first.type !== 'value' && !isEdge(first)) key = this.#node(false, false);
    else {
      // As libyaml: the token after an empty key is skipped.
      scanner.next();
      key = empty(sign.end);
    }
    const { node, pairs } = this.#openMap(rest(undefined, sign.start), sign.start, true);
    const pair = this.#pair(sign, key, isEdge, false);
    pairs.push(pair);
    node.end = pairEnd(pair);
    return node;
  }

  #flowMap(properties: Properties): Node {
    const scanner = this.#scanner;
    const { node, pairs } = this.#openMap(properties, scanner.next().start, true);
    const isEdge = ({ type }: Token) => type === 'flow-entry' || type === 'flow-map-end';
    while (scanner.peek().type !== 'flow-map-end') {
      if (pairs.length > 0) {
        const comma = scanner.next();
        if (comma.type !== 'flow-entry') throw new YamlFault(comma.start, 'a "," or "}" is missing');
        if (scanner.peek().type === 'flow-map-end') break;
      }
      const sign = scanner.peek();
      if (sign.type !== 'key') {
        const key = this.#node(false, false);
        pairs.push({ key, value: empty(key.end), start: key.from, colon: undefined });
        continue;
      }
      scanner.next();
      const first = scanner.peek();
      const key = first.type === 'value' || isEdge(first) ? empty(sign.end) : this.#node(false, false);
      pairs.push(this.#pair(sign, key, isEdge, false));
    }
    node.end = scanner.next().end;
    return node;
  }

  /** Parses the colon and the value after a key. */
  #pair(sign: Token, key: Node, isEdge: (one: Token) => boolean, isBlock: boolean): Pair {
    const start = Math.min(sign.start, key.from);
    if (this.#scanner.peek().type !== 'value') return { key, value: empty(key.end), start, colon: undefined };
    const colon = this.#scanner.next();
    const value = isEdge(this.#scanner.peek()) ? empty(colon.end) : this.#node(isBlock, isBlock);
    return { key, value, start, colon: colon.start };
  }

  /** Makes a list whose anchor is known before its items, which may repeat it. */
  #openSeq(properties: Properties, start: number, flow: boolean) {
    const items: Item[] = [];
    const base = { ...rest(properties, start), kind: 'seq' as const, flow, items, start };
    const node: Writable<SeqNode> = { ...base, end: start, hasLastComma: false };
    return { node: this.#anchored(node), items };
  }

  #openMap(properties: Properties, start: number, flow: boolean) {
    const pairs: Pair[] = [];
    const node: Writable<MapNode> = {
      ...rest(properties, start),
      kind: 'map',
      flow,
      pairs,
      start,
      end: start,
    };
    return { node: this.#anchored(node), pairs };
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Returns the value that is written as nothing. */
export function empty(at: number): Node & { readonly kind: 'scalar' } {
  const none = { anchor: undefined, tag: undefined };
  return { kind: 'scalar', value: '', style: 'plain', start: at, end: at, from: at, ...none };
}

function isKeyEdge({ type }: Token): boolean {
  return type === 'key' || type === 'value' || type === 'block-end';
}
