/** How many unchanged lines to show around a change, as `diff -u` does. */
const context = 3;

type Step = { readonly kind: ' ' | '-' | '+'; readonly line: string };

/**
 * Returns the difference of two texts in the unified format, without passwords. Empty if they are the same. `name` is the
 * file's.
 */
export function unifiedDiff(options: {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}): string {
  const { name, before, after } = options;
  if (before === after) return '';
  const steps = stepsBetween(linesOf(before), linesOf(after));
  const changed = steps.flatMap(({ kind }, at) => (kind === ' ' ? [] : [at]));
  const hunks: [number, number][] = [];
  for (const at of changed) {
    const last = hunks.at(-1);
    if (last !== undefined && at - context <= last[1]) last[1] = at + context + 1;
    else hunks.push([Math.max(0, at - context), at + context + 1]);
  }
  const lines = hunks.flatMap(([from, to]) => {
    const shown = steps.slice(from, to);
    const earlier = steps.slice(0, from);
    const range = (without: '+' | '-') => {
      const count = shown.filter(({ kind }) => kind !== without).length;
      const start = earlier.filter(({ kind }) => kind !== without).length;
      return `${count === 0 ? start : start + 1},${count}`;
    };
    return [
      `@@ -${range('+')} +${range('-')} @@`,
      ...shown.map(({ kind, line }) => kind + withoutSecrets(line)),
    ];
  });
  return [`--- ${before === '' ? '/dev/null' : name}`, `+++ ${after === '' ? '/dev/null' : name}`, ...lines]
    .join('\n')
    .concat('\n');
}

function linesOf(text: string): readonly string[] {
  return (text.endsWith('\n') ? text.slice(0, -1) : text)
    .split('\n')
    .filter((_, at) => text !== '' || at > 0);
}

/** Removes what gives access: passwords of local ports, tokens, passwords and private keys of users. */
function withoutSecrets(line: string): string {
  return line
    .replace(/(\/\/[^\s:@/]*:)[^\s@/]*@/g, '$1***@')
    .replace(
      /((?:token|password|client-key-data|access-token|id-token|refresh-token|client-secret)['"]?: *)(?:"[^"]*"|'[^']*'|[^\s,}]+)/g,
      '$1***',
    );
}

/** Myers' algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986) between the lines that differ. */
function stepsBetween(a: readonly string[], b: readonly string[]): readonly Step[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const same = (lines: readonly string[]) => lines.map((line): Step => ({ kind: ' ', line }));
  return [
    ...same(a.slice(0, start)),
    ...middleSteps(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...same(a.slice(a.length - end)),
  ];
}

/** Two texts that have little in common: shown as replaced, because the algorithm takes the square of the difference. */
const mostEdits = 500;

function middleSteps(a: readonly string[], b: readonly string[]): readonly Step[] {
  const replaced = () => [
    ...a.map((line): Step => ({ kind: '-', line })),
    ...b.map((line): Step => ({ kind: '+', line })),
  ];
  const trace: Map<number, number>[] = [];
  const most = Math.min(a.length + b.length, mostEdits);
  const reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(new Map(reach));
    for (let k = -edits; k <= edits; k += 2) {
      let x = isDown(reach, k, edits) ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace);
    }
  }
  return replaced();
}

function isDown(reach: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && (reach.get(k - 1) ?? 0) < (reach.get(k + 1) ?? 0));
}

function walkBack(
  a: readonly string[],
  b: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): readonly Step[] {
  const steps: Step[] = [];
  let x = a.length;
  let y = b.length;
  for (const [edits, reach] of [...trace.entries()].toReversed()) {
    const k = x - y;
    const before = isDown(reach, k, edits) ? k + 1 : k - 1;
    const toX = reach.get(before) ?? 0;
    const toY = toX - before;
    while (x > toX && y > toY) {
      x -= 1;
      y -= 1;
      steps.push({ kind: ' ', line: a[x] ?? '' });
    }
    if (edits === 0) break;
    if (x === toX) {
      y -= 1;
      steps.push({ kind: '+', line: b[y] ?? '' });
    } else {
      x -= 1;
      steps.push({ kind: '-', line: a[x] ?? '' });
    }
  }
  return steps.toReversed();
}
