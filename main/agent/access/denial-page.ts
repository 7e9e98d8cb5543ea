/** What the edge's own page says to everybody, in part or whole. */
const boilerplate =
  /account does not have access|permission to view|system administrator|forbidden|\bray id\b|^ip\b|cloudflare|javascript|cookies|\bsign (in|out)\b|\blog ?(in|out)\b/i;
const longest = 200;

/**
 * The application's own words ("custom deny message") on the page that refuses a person; undefined where the page only
 * says what it says to everybody. A page is foreign text: it is cut, and only ever shown as text.
 */
export function denialMessage(html: string): string | undefined {
  const body = html.replace(/<!--[\s\S]*?-->|<(script|style|head)\b[\s\S]*?<\/\1\s*>/gi, '');
  for (const [, , inner = ''] of body.matchAll(/<(p|h[1-6])\b[^>]*>([\s\S]*?)<\/\1\s*>/gi)) {
    const text = plainText(inner);
    if (text !== '' && !boilerplate.test(text))
      return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  }
  return undefined;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

function plainText(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
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
