/**
 * Unicode scripts that a word may combine with Latin letters (UTS 39, 5.2 "moderately restrictive": all in modern use
 * except those with letters that look like Latin ones).
 * https://www.unicode.org/reports/tr39/#Restriction_Level_Detection
 */
const besideLatin =
  'Arabic Bengali Bopomofo Devanagari Ethiopic Georgian Gujarati Gurmukhi Hangul Han Hebrew Hiragana Kannada Katakana Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan'.split(
    ' ',
  );
const alike = 'Cyrillic Greek Armenian Cherokee Coptic Lisu Deseret Tifinagh Glagolitic'.split(' ');
const scripts = ['Latin', ...alike, ...besideLatin].map(
  (script) => [script, new RegExp(`\\p{Script=${script}}`, 'u')] as const,
);
/** Scripts that Japanese, Chinese and Korean combine. */
const together = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];
/** Cyrillic and Greek letters that look Latin in most typefaces: https://www.unicode.org/Public/security/ */
const drawnAsLatin = /^[асԁеһіјӏорԛѕԝхуАВСЕНІЈКМОРЅТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧονυ]+$/u;
const shownLetters = 6;

/**
 * Returns why a name may be misleading, for example `р, а are Cyrillic`: a word mixes scripts with similar letters, or
 * consists only of such letters beside Latin words. Returns undefined for a normal name.
 */
export function mixedScripts(text: string): string | undefined {
  // The fast path for nearly every name.
  if (/^[\p{ASCII}]*$/u.test(text)) return undefined;
  const words = (text.normalize('NFC').match(/[\p{L}\p{M}]+/gu) ?? []).map(lettersOf);
  const hasLatin = words.some((letters) => letters.has('Latin'));
  const strange = new Map<string, Set<string>>();
  for (const letters of words) {
    if (!isMixed([...letters.keys()]) && !(hasLatin && isDisguised(letters))) continue;
    const own = letters.has('Latin') ? 'Latin' : letters.keys().next().value;
    for (const [script, found] of letters)
      if (script !== own || !letters.has('Latin'))
        strange.set(script, new Set([...(strange.get(script) ?? []), ...found]));
  }
  if (strange.size === 0) return undefined;
  return [...strange].map(([script, letters]) => said(script, [...letters])).join('; ');
}

/** Groups the letters of a word by script. Ignores marks and characters that all scripts share. */
function lettersOf(word: string): ReadonlyMap<string, Set<string>> {
  const letters = new Map<string, Set<string>>();
  for (const letter of word) {
    if (!/\p{L}/u.test(letter) || /[\p{Script=Common}\p{Script=Inherited}]/u.test(letter)) continue;
    const [script] = scripts.find(([, pattern]) => pattern.test(letter)) ?? ['another script'];
    letters.set(script, (letters.get(script) ?? new Set()).add(letter));
  }
  return letters;
}

function isMixed(found: readonly string[]): boolean {
  if (found.length < 2) return false;
  if (together.some((set) => found.every((script) => set.includes(script)))) return false;
  return !(
    found.length === 2 &&
    found.includes('Latin') &&
    found.some((script) => besideLatin.includes(script))
  );
}

function isDisguised(letters: ReadonlyMap<string, Set<string>>): boolean {
  return letters.size > 0 && [...letters.values()].every((found) => drawnAsLatin.test([...found].join('')));
}

function said(script: string, letters: readonly string[]): string {
  const more = letters.length > shownLetters ? ', …' : '';
  return `${letters.slice(0, shownLetters).join(', ')}${more} ${letters.length === 1 ? 'is' : 'are'} ${script === 'another script' ? 'of another script' : script}`;
}
