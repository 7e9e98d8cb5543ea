const number = '(?:0|[1-9]\\d{0,8})';
const identifier = `(?:${number}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const pattern = new RegExp(
  `^(${number})\\.(${number})\\.(${number})(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** Returns true for a version of Semantic Versioning 2.0.0 of reasonable length. */
export function isVersion(text: string): boolean {
  return text.length <= 64 && pattern.test(text);
}

/** Compares two valid versions by §11 of Semantic Versioning 2.0.0, ignoring builds. Negative if `a` precedes `b`. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [parts(a), parts(b)];
  for (const [index, value] of one.numbers.entries()) {
    const difference = value - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  // A release follows all its pre-releases.
  if (one.before.length === 0 || other.before.length === 0) return other.before.length - one.before.length;
  for (const [index, left] of one.before.entries()) {
    const right = other.before[index];
    if (right === undefined) return 1;
    if (left !== right) return compareIdentifiers(left, right);
  }
  return one.before.length - other.before.length;
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOtherNumber) return Number(a) - Number(b);
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : 1;
}

function parts(text: string) {
  const [, major, minor, patch, before] = pattern.exec(text) ?? [];
  return { numbers: [Number(major), Number(minor), Number(patch)], before: before?.split('.') ?? [] };
}
