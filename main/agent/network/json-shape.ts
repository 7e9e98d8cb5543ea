import { AppError } from '../../model/app-error.ts';

/** Deeper than any answer of an API, and shallow enough for a recursive parser. */
const deepest = 200;
/** A parsed value takes 50 bytes or more, its text two or three. A page of 1,000 clusters has 100,000 values. */
const mostValues = 500_000;

const [quote, backslash, comma] = Buffer.from('"\\,');
const [openObject, openArray, closeObject, closeArray] = Buffer.from('{[}]');

/**
 * Throws `answer-refused` if a body is JSON that would take much more memory than its bytes, or that is nested so deep
 * that parsing it would exhaust the stack. Leaves validation to the parser. Accepts anything but JSON.
 */
export function checkJson(body: Uint8Array, host: string): void {
  let at = 0;
  // Skip white space and a byte order mark.
  while (at < body.length && isBlank(body[at])) at += 1;
  if (body[at] !== openObject && body[at] !== openArray) return;
  let depth = 0;
  let values = 1;
  for (; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === quote) at = endOfString(body, at + 1);
    else if (byte === openObject || byte === openArray) {
      values += 1;
      depth += 1;
      if (depth > deepest) throw refused(host, `nests deeper than ${deepest} levels`);
    } else if (byte === closeObject || byte === closeArray) depth -= 1;
    else if (byte === comma) values += 1;
    if (values > mostValues) throw refused(host, `holds more than ${mostValues} values`);
  }
}

/** Returns the index of the closing quote. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || (byte ?? 0) >= 0x80;
}

function refused(host: string, why: string): AppError {
  return new AppError('answer-refused', `${host} sent an answer that ${why}.`, {
    hint: 'Check the address: something else may answer there.',
  });
}
