/**
 * Matches invisible characters that a terminal or a window may act on, to remove them from text of a source (a tag, a
 * name, an answer, a file): control characters, format characters (directions, joiners), line separators, lone
 * surrogates and blank letters. Excludes variation selectors, which only choose a glyph.
 */
const unseen = /(?!\p{Variation_Selector})[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Matches nearly all text, at a quarter of the other pattern's cost. */
const ascii = /^[ -~]*$/;
const everyUnseen = new RegExp(unseen.source, 'gu');
/** Matches a whole terminal sequence: removing `\e[31m` must not leave `[31m`. */
const sequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for them.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-Z\\^-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own colour.
const colour = /^\u001b\[[\d;]*m$/;

/** Returns the text as one line without invisible characters. Returns text without any unchanged. Idempotent. */
export function plainText(text: string): string {
  if (!hasUnseen(text)) return text;
  return text
    .replace(sequences, '')
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(everyUnseen, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** The same for text of several lines, keeping them. */
export function plainLines(text: string): string {
  if (!hasUnseen(text)) return text;
  return text.split(/\r?\n/).map(plainText).join('\n');
}

/** Returns true if `plainText` would remove something. */
export function hasUnseen(text: string): boolean {
  return !ascii.test(text) && unseen.test(text);
}

/**
 * Escapes invisible characters as `\uXXXX`, which JSON reads back unchanged. The last guard before a terminal, a log or
 * a JSON document. Keeps line feeds and, with `colours`, colour sequences.
 */
export function escapeUnseen(text: string, { colours = false }: { readonly colours?: boolean } = {}): string {
  if (!hasUnseen(text)) return text;
  const pattern = colours ? colouredOrUnseen : everyUnseen;
  return text.replace(pattern, (found) =>
    found === '\n' || colour.test(found)
      ? found
      : found
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}
const colouredOrUnseen = new RegExp(`\\u001b\\[[\\d;]*m|${unseen.source}`, 'gu');
