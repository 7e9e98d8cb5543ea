/**
 * Text of a source (a tag, a name, an answer, a file) without what nobody can see and a terminal or a window may act
 * on: control characters, format characters (directions, joiners), separators of lines, halves of characters, and
 * letters that draw nothing. Variation selectors only choose a drawing and stay.
 */
const unseen = /(?!\p{Variation_Selector})[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Nearly all text; the test for it is a quarter of the other's work. */
const ascii = /^[ -~]*$/;
const everyUnseen = new RegExp(unseen.source, 'gu');
/** What a terminal takes for one instruction goes as a whole: `\e[31m` must not leave `[31m`. */
const sequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-Z\\^-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own colour.
const colour = /^\u001b\[[\d;]*m$/;

/** The text as one line without such characters; one that holds none comes back as it is. Twice is as once. */
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

/** The same for text of several lines, which stay. */
export function plainLines(text: string): string {
  if (!hasUnseen(text)) return text;
  return text.split(/\r?\n/).map(plainText).join('\n');
}

/** Whether `plainText` would take something away. */
export function hasUnseen(text: string): boolean {
  return !ascii.test(text) && unseen.test(text);
}

/**
 * The last guard before a terminal, a log or a JSON document: such characters as `\uXXXX`, which JSON reads back as they
 * were. Line feeds stay, and with `colours` the sequences that only colour.
 */
export function escapeUnseen(text: string, { colours = false }: { readonly colours?: boolean } = {}): string {
  if (!unseen.test(text)) return text;
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
