import { listed } from '../../main/model/wording.ts';

const turning = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;

/**
 * Isolates `part` if it contains right-to-left text or direction marks, so that the rest of the line keeps its order.
 */
export function isolated(part: string): string {
  // Isolates that `part` opens end with it; those that it closes would end ours.
  return turning.test(part) ? `\u2068${part.replace(/[\u2066-\u2069]/g, '')}\u2069` : part;
}

/** `a, b, c and 4 more`: the first names, each isolated. */
export function listedNames(names: readonly string[], total = names.length, most = 3): string {
  return listed(names.slice(0, most).map(isolated), total);
}
