/** A part of a regular expression, as far as making up texts for it needs to know. */
export type Part =
  /** One letter out of several: a class, an escape, a dot or a plain letter. */
  | { readonly kind: 'letter'; readonly source: string }
  | { readonly kind: 'choice'; readonly ways: readonly (readonly Part[])[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly least: number; readonly most: number }
  /** What the group of that number matched. */
  | { readonly kind: 'back'; readonly group: number }
  /** A lookaround: it takes up no room, but the text for it is worth trying. */
  | { readonly kind: 'look'; readonly ways: readonly (readonly Part[])[]; readonly negative: boolean }
  /** An anchor or a boundary. */
  | { readonly kind: 'nothing' };

/** Parses the source of a regular expression that the engine accepts. */
export function parsePattern(source: string): readonly (readonly Part[])[] {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(source)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const ways = (): (readonly Part[])[] => {
    const all: (readonly Part[])[] = [];
    do all.push(sequence());
    while (take(/\|/) !== undefined);
    return all;
  };
  const sequence = (): readonly Part[] => {
    const parts: Part[] = [];
    while (at < source.length && source[at] !== '|' && source[at] !== ')') parts.push(repeated(atom()));
    return parts;
  };
  const atom = (): Part => {
    const look = take(/\(\?<?[=!]/);
    if (look !== undefined) {
      const inner = ways();
      at += 1;
      return { kind: 'look', ways: inner, negative: look.endsWith('!') };
    }
    if (take(/\((?:\?:|\?<\w+>)?/) !== undefined) {
      const inner = ways();
      at += 1;
      return { kind: 'choice', ways: inner };
    }
    if (take(/[\^$]|\\[bB]/) !== undefined) return { kind: 'nothing' };
    const back = take(/\\[1-9]/);
    if (back !== undefined) return { kind: 'back', group: Number(back.slice(1)) };
    const letter =
      take(/\[(?:\\[\s\S]|[^\]\\])*\]/) ??
      take(/\\(?:[pP]\{[^}]*\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|u\{[^}]*\}|[\s\S])/) ??
      take(/[\s\S]/) ??
      '';
    return { kind: 'letter', source: letter };
  };
  const repeated = (part: Part): Part => {
    const sign = take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/)?.replace(/(.)\?$/, '$1');
    if (sign === undefined) return part;
    const [least = '0', most] = sign.startsWith('{') ? sign.slice(1, -1).split(',') : [];
    if (sign === '*') return { kind: 'repeat', part, least: 0, most: Number.POSITIVE_INFINITY };
    if (sign === '+') return { kind: 'repeat', part, least: 1, most: Number.POSITIVE_INFINITY };
    if (sign === '?') return { kind: 'repeat', part, least: 0, most: 1 };
    const upper = most === undefined ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most);
    return { kind: 'repeat', part, least: Number(least), most: upper };
  };
  return ways();
}
