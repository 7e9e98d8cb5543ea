/** Texts of the edge's standard denial page, in part or whole. */
const boilerplate =
  /account does not have access|permission to view|system administrator|forbidden|\bray id\b|^ip\b|cloudflare|javascript|cookies|\bsign (in|out)\b|\blog ?(in|out)\b/i;
const longest = 200;

/**
 * Returns the application's own text ("custom deny message") from the page that denies a user, or undefined if the page
 * has only Access's standard text. The page is untrusted: the text is cut, and only ever shown as text. Takes time in
 * proportion to the page's length, whatever it contains.
 */
export function denialMessage(html: string): string | undefined {
  for (const inner of blocks(html)) {
    const text = plainText(inner);
    if (text !== '' && !boilerplate.test(text))
      return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  }
  return undefined;
}

/** Elements whose content is not text of the page. */
const hidden = new Set(['script', 'style', 'head']);
const block = /^(?:p|h[1-6])$/;

/**
 * Yields the text of each paragraph and heading without tags. A block ends at the next one, at its closing tag or at
 * the end of the page.
 */
function* blocks(html: string): Generator<string> {
  // Not `toLowerCase` on everything, which turns some letters into two.
  const lower = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  let current: { readonly name: string; text: string } | undefined;
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (current !== undefined) current.text += html.slice(at, open === -1 ? undefined : open);
    if (open === -1) break;
    const isComment = html.startsWith('<!--', open);
    const close = html.indexOf(isComment ? '-->' : '>', open);
    if (close === -1) break;
    at = close + (isComment ? 3 : 1);
    const [, slash, name = ''] =
      /^<(\/?)([a-z][a-z0-9]{0,15})(?![a-z0-9-])/.exec(lower.slice(open, open + 20)) ?? [];
    if (slash === '' && hidden.has(name)) {
      const end = lower.indexOf(`</${name}`, at);
      if (end === -1) break;
      at = end;
    } else if (block.test(name) && (slash === '' || name === current?.name)) {
      if (current !== undefined) yield current.text;
      current = slash === '' ? { name, text: '' } : undefined;
    } else if (current !== undefined) current.text += ' ';
  }
  if (current !== undefined) yield current.text;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

function plainText(text: string): string {
  return text
    .replace(/&(?:#(\d{1,6})|([a-z]+));/gi, (whole, code?: string, name?: string) =>
      code === undefined ? (entities[name?.toLowerCase() ?? ''] ?? whole) : codePoint(Number(code)),
    )
    .replace(/\p{C}/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function codePoint(code: number): string {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
