import type { ScalarNode } from './node.ts';
import { YamlFault } from './token.ts';

export type Scalar = string | number | boolean | null;

const prefix = 'tag:yaml.org,2002:';
/** The words that plain scalars mean, as in YAML 1.1 (go-yaml v2, resolve.go). */
const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    (word) => [word, true] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (word) => [word, false] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
]);
const noNumbers = /^(?:\.nan|\.NaN|\.NAN|[-+]?(?:\.inf|\.Inf|\.INF))$/;

/**
 * Returns the value of a scalar by its style, its tag and its text. It may be infinite or no number, which JSON does not
 * have. Throws `YamlFault` for a tag that does not fit.
 */
export function scalarOf(node: ScalarNode): Scalar {
  const { value: text, tag, start } = node;
  if (tag === undefined) return node.style === 'plain' ? plainValue(text) : text;
  switch (tag) {
    case `${prefix}binary`:
      return binaryValue(text, start);
    case `${prefix}null`:
    case `${prefix}bool`:
    case `${prefix}int`:
    case `${prefix}float`: {
      const value = plainValue(text);
      const kind =
        value === null ? 'null' : typeof value === 'boolean' ? 'bool' : isWhole(text) ? 'int' : 'float';
      const fits = tag === prefix + kind || (tag === `${prefix}float` && kind === 'int');
      if (typeof value === 'string' || !fits) throw new YamlFault(start, 'a value does not fit its tag');
      return value;
    }
    default:
      return text;
  }
}

function plainValue(text: string): Scalar {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (noNumbers.test(text)) return notFinite(text);
  const number = numberOf(text);
  return number ?? text;
}

function notFinite(text: string): number {
  if (/nan/i.test(text)) return Number.NaN;
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Returns the number that a plain scalar means: Go's `ParseInt` with any base, else a decimal fraction. */
function numberOf(text: string): number | undefined {
  if (!/^[-+.0-9]/.test(text)) return undefined;
  if (text.startsWith('.'))
    return finite(/^\.[0-9]+(?:[eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : undefined);
  const digits = text.replaceAll('_', '');
  if (wholeOf(digits) !== undefined) return Number(wholeOf(digits));
  const isDecimal = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(digits);
  return finite(isDecimal ? Number(digits) : undefined);
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function isWhole(text: string): boolean {
  return wholeOf(text.replaceAll('_', '')) !== undefined;
}

/** Returns a whole number of 64 bits, in the bases that Go knows. */
function wholeOf(digits: string): bigint | undefined {
  const found = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/.exec(digits);
  if (found === null) return undefined;
  const [, sign = '', hex, binary, octal, decimal] = found;
  const size = BigInt(
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : (decimal ?? '0'),
  );
  const value = sign === '-' ? -size : size;
  const largest = sign === '' ? 2n ** 64n - 1n : 2n ** 63n - 1n;
  return value >= -(2n ** 63n) && value <= largest ? value : undefined;
}

/** Returns the bytes of a `!!binary` as the text that they are. */
function binaryValue(text: string, at: number): string {
  if (!isBase64(text)) throw new YamlFault(at, 'a value with the tag !!binary is not base64');
  return Buffer.from(text, 'base64').toString('utf8');
}

/** Returns true for standard base64 with padding. Go ignores line breaks in it. */
export function isBase64(text: string): boolean {
  const packed = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, '') : text;
  return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
}
