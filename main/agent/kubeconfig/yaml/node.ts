import type { ScalarStyle } from './token.ts';

interface Base {
  /** The start and the end of its own text, without its anchor and tag. Of an empty value both are where it would be. */
  readonly start: number;
  readonly end: number;
  /** The start of its anchor or tag, else `start`. */
  readonly from: number;
  readonly anchor: string | undefined;
  /** The whole tag, `tag:yaml.org,2002:int`. */
  readonly tag: string | undefined;
}

export interface ScalarNode extends Base {
  readonly kind: 'scalar';
  readonly value: string;
  readonly style: ScalarStyle;
}

export interface SeqNode extends Base {
  readonly kind: 'seq';
  readonly flow: boolean;
  readonly items: readonly Item[];
  /** True if a comma follows the last item of a flow list. */
  readonly hasLastComma: boolean;
}

/** An item of a list: in block form, `dash` is the offset of its dash. */
export interface Item {
  readonly node: Node;
  readonly dash: number;
}

export interface MapNode extends Base {
  readonly kind: 'map';
  readonly flow: boolean;
  readonly pairs: readonly Pair[];
}

export interface Pair {
  readonly key: Node;
  readonly value: Node;
  /** The start of the key, or of the `?` before it. */
  readonly start: number;
  /** The offset of the colon, if there is one. */
  readonly colon: number | undefined;
}

export interface AliasNode extends Base {
  readonly kind: 'alias';
  readonly name: string;
  /** The node that it repeats. It may contain the alias itself. */
  readonly target: Node;
}

export type Node = ScalarNode | SeqNode | MapNode | AliasNode;

/** Returns the end of a pair's text. */
export function pairEnd({ key, value, colon }: Pair): number {
  return Math.max(key.end, value.end, colon === undefined ? 0 : colon + 1);
}

/** The first document of a YAML text, which is all that kubectl reads. */
export interface YamlDocument {
  /** Undefined if the text has no document. */
  readonly root: Node | undefined;
  /** The end of what belongs to the document: the start of the next marker, or the end of the text. */
  readonly end: number;
  /** The offset of the first document after it that is more than a marker, if there is one. */
  readonly next: number | undefined;
}
