import type { Scanner } from './scanner.ts';
import { type Token, YamlFault } from './token.ts';

/** The anchor and the tag before a node. */
export interface Properties {
  readonly from: number;
  readonly end: number;
  readonly anchor: string | undefined;
  readonly tag: string | undefined;
}

/** Reads the anchor and the tag before a node, in any order. `handles` are the tags that directives define. */
export function readProperties(scanner: Scanner, handles: ReadonlyMap<string, string>): Properties {
  let one = scanner.peek();
  const from = one.start;
  let end = one.start;
  let anchor: string | undefined;
  let tag: string | undefined;
  while ((one.type === 'anchor' && anchor === undefined) || (one.type === 'tag' && tag === undefined)) {
    if (one.type === 'anchor') anchor = one.value;
    else tag = wholeTag(one, handles);
    end = one.end;
    scanner.next();
    one = scanner.peek();
  }
  return { from, end, anchor, tag };
}

/** Returns the properties of a node whose own text begins at `start`. */
export function rest(properties: Properties | undefined, start: number): Properties {
  const { anchor, tag, from = start, end = start } = properties ?? {};
  return { anchor, tag, end, from: anchor === undefined && tag === undefined ? start : from };
}

function wholeTag({ value: handle, suffix, start }: Token, handles: ReadonlyMap<string, string>): string {
  if (handle === '') return suffix;
  const prefix = handles.get(handle);
  if (prefix === undefined || prefix + suffix === '') throw new YamlFault(start, 'a tag is not defined');
  return prefix + suffix;
}
