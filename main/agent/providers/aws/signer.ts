import { createHash, createHmac, createSecretKey, type Hash, type Hmac, type KeyObject } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity, Checksum, SourceData } from '@smithy/types';

/**
 * SHA-256, and HMAC with it. Node takes 10 us to find that bytes are not a key object, and each signature needs six
 * HMACs.
 */
export class Sha256 implements Checksum {
  private readonly hash: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret));
  }

  update(data: Uint8Array): void {
    this.hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  reset(): void {
    throw new Error('a signature needs each hash once');
  }
}

function keyOf(secret: SourceData): KeyObject {
  if (typeof secret === 'string') return createSecretKey(secret, 'utf8');
  return createSecretKey(
    ArrayBuffer.isView(secret)
      ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
      : new Uint8Array(secret),
  );
}

/**
 * Creates a signer for a service in a region. The SDK would create one for each request, from a copy of all its
 * settings.
 */
export function createSigner(options: {
  readonly credentials: AwsCredentialIdentity;
  readonly region: string;
  readonly service: string;
}): SignatureV4 {
  return new SignatureV4({ ...options, sha256: Sha256 });
}
