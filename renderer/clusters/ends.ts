const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
// A browser of before 2024 may have none: a name is then divided between code points.
const segmenter =
  typeof Intl.Segmenter === 'function'
    ? new Intl.Segmenter(undefined, { granularity: 'grapheme' })
    : undefined;

/** So many characters at the end of a name stay in sight, or half of a shorter one. */
const tailLength = 12;

/**
 * Where a name is divided into what an ellipsis may cut and the end, which stays: names differ at their ends. A name whose
 * letters join from right to left is not divided: its whole length.
 */
export function endOf(name: string): number {
  if (rightToLeft.test(name)) return name.length;
  const characters =
    segmenter === undefined ? [...name] : [...segmenter.segment(name)].map(({ segment }) => segment);
  const tail = Math.min(tailLength, Math.floor(characters.length / 2));
  return name.length - characters.slice(characters.length - tail).join('').length;
}
