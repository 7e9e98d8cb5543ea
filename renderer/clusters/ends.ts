const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
// Browsers before 2024 may not have it: names are then split between code points.
const segmenter =
  typeof Intl.Segmenter === 'function'
    ? new Intl.Segmenter(undefined, { granularity: 'grapheme' })
    : undefined;

/** Number of characters at the end of a name that are never cut off; half of a shorter name. */
const tailLength = 12;

/**
 * Returns where to split a name into a part that an ellipsis may cut and an end that stays visible: names differ at
 * their ends. Returns the full length for right-to-left names, whose letters join.
 */
export function endOf(name: string): number {
  if (rightToLeft.test(name)) return name.length;
  const characters =
    segmenter === undefined ? [...name] : [...segmenter.segment(name)].map(({ segment }) => segment);
  const tail = Math.min(tailLength, Math.floor(characters.length / 2));
  return name.length - characters.slice(characters.length - tail).join('').length;
}
