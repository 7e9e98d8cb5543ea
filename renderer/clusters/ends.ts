const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** So many characters at the end of a name stay in sight, or half of a shorter one. */
const tailLength = 12;

/**
 * Where a name is divided into what an ellipsis may cut and the end, which stays: names differ at their ends. A name whose
 * letters join from right to left is not divided: its whole length.
 */
export function endOf(name: string): number {
  if (rightToLeft.test(name)) return name.length;
  const characters = [...segmenter.segment(name)];
  const tail = Math.min(tailLength, Math.floor(characters.length / 2));
  return tail === 0 ? name.length : (characters.at(-tail)?.index ?? name.length);
}
