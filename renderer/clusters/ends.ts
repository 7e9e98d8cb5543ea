const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
// Browsers before 2024 may not have it: names are then split between code points.
const segmenter =
  typeof Intl.Segmenter === 'function'
    ? new Intl.Segmenter(undefined, { granularity: 'grapheme' })
    : undefined;

/** Number of characters at the end of a name that are never cut off; half of a shorter name. */
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
