/**
 * Returns the candidates of which a part needs the fewest edits to become `text`, ordered by the distance of the whole.
 * Ignores case. Omits candidates that need more than `atMost` edits.
 */
export function nearest(
  text: string,
  candidates: Iterable<string>,
  count: number,
  atMost = Number.POSITIVE_INFINITY,
): readonly string[] {
  const wanted = text.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, ...edits(wanted, candidate.toLowerCase()) }))
    .filter(({ part }) => part <= atMost)
    .sort((a, b) => a.part - b.part || a.whole - b.whole || a.candidate.localeCompare(b.candidate))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/**
 * Returns the candidate that needs the fewest edits to become `text`: at most three, and at most half of its letters.
 * Ignores case.
 */
export function closest(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = text.toLowerCase();
  const atMost = Math.min(3, Math.floor(wanted.length / 2));
  const [first] = [...candidates]
    .map((candidate) => ({ candidate, edits: editsBetween(wanted, candidate.toLowerCase()) }))
    // Letters that changed places are the most frequent typing error, and count as two edits.
    .map(({ candidate, edits: count }) => ({
      candidate,
      edits: count > 0 && lettersOf(candidate) === lettersOf(wanted) ? 1 : count,
    }))
    .filter(({ edits: count }) => count <= atMost)
    .sort((a, b) => a.edits - b.edits);
  return first?.candidate;
}

function lettersOf(text: string): string {
  return [...text.toLowerCase()].sort().join('');
}

/** Returns the Levenshtein distance. */
export function editsBetween(a: string, b: string): number {
  return edits(a, b).whole;
}

/** Returns the Levenshtein distance to all of `b`, and Sellers' to its best matching part, computed row by row. */
function edits(a: string, b: string): { readonly whole: number; readonly part: number } {
  let whole = Array.from({ length: b.length + 1 }, (_, index) => index);
  // A matching part may begin anywhere.
  let part = whole.map(() => 0);
  for (let i = 1; i <= a.length; i += 1) {
    whole = nextRow(whole, i);
    part = nextRow(part, i);
  }
  return { whole: whole[b.length] ?? 0, part: Math.min(...part) };

  function nextRow(row: readonly number[], i: number): number[] {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    return next;
  }
}
