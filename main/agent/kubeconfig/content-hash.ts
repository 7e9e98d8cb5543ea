import { createHash, webcrypto } from 'node:crypto';

/** Hashing takes a millisecond for each of these many bytes or so: more are hashed in another thread. */
const onceBytes = 500_000;

/** Resolves with the SHA-256 of a content, in hexadecimal. */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  if (bytes.length < onceBytes) return createHash('sha256').update(bytes).digest('hex');
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)).toString(
    'hex',
  );
}
