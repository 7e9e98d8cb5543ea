import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { Envelope } from '../../../model/published-catalog.ts';

const verifyLater = promisify<string | null, Buffer, KeyObject, Buffer, boolean>(verify);

/** The beginning of an Ed25519 public key in SPKI's DER (RFC 8410, section 4). The 32 bytes of the key follow. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** The keys that an organisation's configuration pins, by their ids. */
export type PinnedKeys = ReadonlyMap<string, KeyObject>;

/** Takes keys of 32 bytes in base64. */
export function pinnedKeys(publicKeys: readonly string[]): PinnedKeys {
  return new Map(
    publicKeys.map((text) => {
      const bytes = Buffer.from(text, 'base64');
      const key = createPublicKey({
        key: Buffer.concat([spkiPrefix, bytes]),
        format: 'der',
        type: 'spki',
      });
      return [createHash('sha256').update(bytes).digest('hex').slice(0, 16), key];
    }),
  );
}

/** Returns whether a pinned key signed the payload. Runs in a thread of its own, because a catalog has thousands. */
export async function isSigned({ payload, signature, keyId }: Envelope, keys: PinnedKeys): Promise<boolean> {
  const key = keys.get(keyId);
  if (key === undefined) return false;
  return verifyLater(null, Buffer.from(payload, 'base64'), key, Buffer.from(signature, 'base64'));
}

/**
 * Identifies an envelope that was checked. A signature alone would prove nothing about another payload.
 */
export function proofOf({ payload, signature, keyId }: Envelope): string {
  return digestOf([keyId, signature, payload]);
}

/** Returns the payload as JSON; undefined if it is not JSON in UTF-8. */
export function payloadOf({ payload }: Envelope): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(payload, 'base64')));
  } catch {
    return undefined;
  }
}

/** Returns the digest of texts: SHA-256 in base64url of what is joined by line feeds. */
export function digestOf(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('base64url');
}
