/** A signed payload: the bytes of `payload` are a release as JSON. All fields are base64. */
export interface Envelope {
  readonly payload: string;
  /** The Ed25519 signature of the bytes that `payload` encodes. */
  readonly signature: string;
  /** The first 16 hex digits of the SHA-256 of the public key's 32 bytes. */
  readonly keyId: string;
}

/** Signs a release. Rejects if the key is not an Ed25519 private key in PKCS #8. */
export async function signRelease(
  payload: Readonly<Record<string, unknown>>,
  signingKey: string,
): Promise<Envelope> {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  const key = await crypto.subtle.importKey('pkcs8', decode(signingKey), 'Ed25519', true, ['sign']);
  const { x = '' } = await crypto.subtle.exportKey('jwk', key);
  const publicKey = decode(x.replaceAll('-', '+').replaceAll('_', '/'));
  return {
    payload: encode(bytes),
    signature: encode(new Uint8Array(await crypto.subtle.sign('Ed25519', key, bytes))),
    keyId: hex(await sha256(publicKey)).slice(0, 16),
  };
}

export async function etagOf({ payload, signature }: Envelope): Promise<string> {
  return `"${hex(await sha256(new TextEncoder().encode(payload + signature))).slice(0, 32)}"`;
}

/** Compares in constant time, by complete digests. */
export async function isSecret(given: string, secret: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [one, other] = await Promise.all([sha256(encoder.encode(given)), sha256(encoder.encode(secret))]);
  return one.reduce((difference, byte, index) => difference | (byte ^ (other[index] ?? 0)), 0) === 0;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function encode(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
