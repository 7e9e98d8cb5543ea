import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { Envelope } from '../../model/published-catalog.ts';

/** The key that signs the organisation's catalog. */
export interface SigningKey {
  /** The 32 bytes of the public key in base64, as `sources.catalog.publicKeys` has them. */
  readonly publicKey: string;
  readonly keyId: string;
  /** Returns the 64 bytes of the signature. */
  sign(bytes: Buffer): Buffer;
  /** Signs a payload. */
  seal(payload: unknown): Envelope;
  /** Returns the payload of an envelope that this key has signed, otherwise undefined. */
  open(envelope: Envelope): unknown;
}

/** Makes an Ed25519 key pair: the private key as PKCS #8, DER, in base64. */
export function newKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    publicKey: rawPublicKey(publicKey).toString('base64'),
  };
}

/** Writes a private key to a new file with mode 0600. Rejects with `bad-input` if it exists, or `file-unwritable`. */
export async function writeNewKey(file: string, privateKey: string): Promise<void> {
  try {
    await writeFile(file, `${privateKey}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST')
      throw new AppError('bad-input', `${file} exists. A key is never overwritten.`, {
        hint: 'Name a new file.',
      });
    throw new AppError(
      'file-unwritable',
      `${file} cannot be written (${errnoOf(cause) ?? 'unknown error'}).`,
      { hint: 'Name a file in a folder that you can write to.', cause },
    );
  }
}

/**
 * Reads an Ed25519 private key: PKCS #8 as PEM, or as DER in base64. `origin` is the variable or file that holds it,
 * `command` the one that makes such keys, for the error. Throws `bad-input` for anything else.
 */
export function signingKeyFrom(
  text: string,
  origin: string,
  command: 'publish' | 'setup' = 'publish',
): SigningKey {
  const privateKey = privateKeyFrom(text.trim());
  if (privateKey?.asymmetricKeyType !== 'ed25519')
    throw new AppError('bad-input', `${origin} is not an Ed25519 private key (PKCS #8, PEM or base64).`, {
      hint: `Make one: k8s-tunnels ${command} --new-key FILE`,
    });
  const publicKey = createPublicKey(privateKey);
  const raw = rawPublicKey(publicKey);
  const keyId = createHash('sha256').update(raw).digest('hex').slice(0, 16);
  return {
    publicKey: raw.toString('base64'),
    keyId,
    sign: (bytes) => sign(null, bytes, privateKey),
    seal(payload) {
      const bytes = Buffer.from(JSON.stringify(payload));
      return {
        payload: bytes.toString('base64'),
        signature: sign(null, bytes, privateKey).toString('base64'),
        keyId,
      };
    },
    open(envelope) {
      const bytes = Buffer.from(envelope.payload, 'base64');
      if (envelope.keyId !== keyId) return undefined;
      if (!verify(null, bytes, publicKey, Buffer.from(envelope.signature, 'base64'))) return undefined;
      return JSON.parse(bytes.toString());
    },
  };
}

function privateKeyFrom(text: string): KeyObject | undefined {
  try {
    return text.startsWith('-----')
      ? createPrivateKey(text)
      : createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  }
}

/** Returns the last 32 bytes of the SubjectPublicKeyInfo. */
function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-32);
}
