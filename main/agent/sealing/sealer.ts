import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * How our own sign-ins are kept. The desktop seals them with a key that lies in the computer's keychain; without a
 * keychain, or without the desktop, they are files that only the person can read.
 */
export type Sealer =
  | { readonly kind: 'keychain'; seal(text: string): Promise<string>; open(sealed: string): Promise<string> }
  | { readonly kind: 'no-keychain' }
  /** An agent that the desktop does not host: the keychain is not within its reach. */
  | { readonly kind: 'headless' };

const algorithm = 'aes-256-gcm';
const mark = 'k8s-tunnels-sealed-1:';
const lengths = { iv: 12, tag: 16 } as const;

/** Bytes of a key. */
export const keyLength = 32;

export function isSealed(text: string): boolean {
  return text.startsWith(mark);
}

/** Seals with a key of `keyLength` bytes, by AES-GCM. `open` rejects for what another key has sealed or somebody has changed. */
export function createSealer(key: Uint8Array): Extract<Sealer, { kind: 'keychain' }> {
  return {
    kind: 'keychain',
    async seal(text) {
      const iv = randomBytes(lengths.iv);
      const cipher = createCipheriv(algorithm, key, iv, { authTagLength: lengths.tag });
      const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${mark}${Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64')}\n`;
    },
    async open(sealed) {
      const all = Buffer.from(sealed.slice(mark.length), 'base64');
      const start = lengths.iv + lengths.tag;
      if (!isSealed(sealed) || all.length < start) throw new Error('it is cut short');
      const decipher = createDecipheriv(algorithm, key, all.subarray(0, lengths.iv), {
        authTagLength: lengths.tag,
      });
      decipher.setAuthTag(all.subarray(lengths.iv, start));
      return decipher.update(all.subarray(start), undefined, 'utf8') + decipher.final('utf8');
    },
  };
}
