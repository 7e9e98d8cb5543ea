/**
 * The portable form of a tag's value. A GCP label holds only `[a-z0-9_-]`, at most 63 characters; AWS, Azure and Vault
 * hold nearly anything. A value within that alphabet is decoded at every source, any other is read literally, so that
 * one value means the same at every source.
 */

const portable = /^[a-z0-9_-]*$/;
const literal = /^[a-z0-9-]$/;
const partLength = 63;

/**
 * Encodes any well-formed text as `[a-z0-9_-]`: literals stay, a dot before a literal becomes `_`, every other byte of
 * its UTF-8 becomes `__` and two hex digits. `decodeValue` restores the text.
 */
export function encodeValue(value: string): string {
  const bytes = [...Buffer.from(value)].map((byte) => String.fromCharCode(byte));
  return bytes
    .map((char, index) => {
      if (literal.test(char)) return char;
      if (char === '.' && literal.test(bytes[index + 1] ?? '')) return '_';
      return `__${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** Decodes a tag's value. Never throws: returns a value that is not validly encoded unchanged. */
export function decodeValue(value: string): string {
  if (!portable.test(value)) return value;
  if (/__(?![0-9a-f]{2})/.test(value)) return value;
  const bytes = value
    .match(/__[0-9a-f]{2}|./g)
    ?.map((piece) =>
      piece.length > 1 ? Number.parseInt(piece.slice(2), 16) : piece === '_' ? 0x2e : piece.charCodeAt(0),
    );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes ?? []));
  } catch {
    return value;
  }
}

/** Splits an encoded value into tags within the limit: `<key>`, `<key>-2`, `<key>-3`, … */
export function splitValue(key: string, encoded: string, limit: number = partLength): Record<string, string> {
  const count = Math.max(1, Math.ceil(encoded.length / limit));
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      index === 0 ? key : `${key}-${index + 1}`,
      encoded.slice(index * limit, (index + 1) * limit),
    ]),
  );
}
