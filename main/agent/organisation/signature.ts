import nacl from 'tweetnacl';
import { AppError } from '../../model/app-error.ts';

/** More than a rotation needs: each signature is tried with each key. */
const mostSignatures = 8;

/**
 * Returns the ed25519 signatures in a `.sig` file: base64, one a line. A single one may be wrapped, as `base64` does
 * it. Versions that know only one signature decode up to the first padding, so they take the first line.
 */
export function signaturesIn(file: Buffer | undefined): readonly Buffer[] {
  const text = file?.toString('latin1') ?? '';
  const candidates = [...text.replace(/\s+/g, '').split(/=+/), ...text.split(/\s+/)];
  const signatures = candidates
    .map((one) => Buffer.from(one, 'base64'))
    .filter(({ length }) => length === nacl.sign.signatureLength);
  return [...new Map(signatures.map((one) => [one.toString('hex'), one])).values()].slice(0, mostSignatures);
}

/** Returns the keys (base64) that have signed the bytes. Throws `organisation-refused` if there is none. */
export function signersOf(options: {
  /** The file or the address, for messages. */
  readonly place: string;
  readonly bytes: Buffer;
  /** The content of the `.sig` file. */
  readonly signature: Buffer | undefined;
  readonly keys: readonly string[];
}): readonly string[] {
  const { place, bytes, signature, keys } = options;
  const signatures = signaturesIn(signature);
  const signers = keys.filter((key) =>
    signatures.some((one) => nacl.sign.detached.verify(bytes, one, Buffer.from(key, 'base64'))),
  );
  if (signers.length > 0) return signers;
  throw new AppError('organisation-refused', `The signature of ${place} is not the organisation's.`, {
    hint: 'The configuration may have been changed, or the key is a different one. Ask its administrator.',
  });
}

export function missingSignature(place: string, cause?: unknown): AppError {
  return new AppError('organisation-refused', `${place} has no signature beside it (.sig).`, {
    hint: 'Report it to the administrator of the configuration.',
    cause,
  });
}
