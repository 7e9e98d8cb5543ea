import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * How our own sign-ins are kept. The desktop seals them with a key that lies in the computer's keychain; without a
 * keychain, or without the desktop, they are files that only the person can read.
 */
export type Sealer =
  | {
      readonly kind: 'keychain';
      /** What the user should know of the keys, once. */
      readonly warning?: string | undefined;
      seal(text: string): Promise<string>;
      /** Whether `seal` would use the key that this was sealed with. */
      isCurrent(sealed: string): boolean;
      open(sealed: string): Promise<string>;
    }
  | { readonly kind: 'no-keychain'; readonly warning?: string | undefined }
  /** An agent that the desktop does not host: the keychain is not within its reach. */
  | { readonly kind: 'headless' };

const algorithm = 'aes-256-gcm';
/** Before the id of the key; what older versions have sealed says none. */
const mark = 'k8s-tunnels-sealed-2:';
const markWithoutKey = 'k8s-tunnels-sealed-1:';
const lengths = { iv: 12, tag: 16 } as const;

/** Bytes of a key. */
export const keyLength = 32;

/** Names a key without saying anything about it. */
export function keyId(key: Uint8Array): string {
  return createHash('sha256').update('k8s-tunnels key id').update(key).digest('hex').slice(0, 16);
}

export function isSealed(text: string): boolean {
  return text.startsWith(mark) || text.startsWith(markWithoutKey);
}

/** Whether it was sealed by a version that did not write down with which key. */
export function saysNoKey(sealed: string): boolean {
  return sealed.startsWith(markWithoutKey);
}

/**
 * Seals with a key of `keyLength` bytes, by AES-GCM, and opens with that one or the others, by the id that stands in what
 * is sealed. `open` rejects for what none of them has sealed or somebody has changed.
 */
export function createSealer(
  key: Uint8Array,
  { others = [], warning }: { readonly others?: readonly Uint8Array[]; readonly warning?: string } = {},
): Extract<Sealer, { kind: 'keychain' }> {
  const keys = new Map([key, ...others].map((one) => [keyId(one), one]));
  const current = `${mark}${keyId(key)}:`;
  return {
    kind: 'keychain',
    ...(warning === undefined ? {} : { warning }),
    async seal(text) {
      const iv = randomBytes(lengths.iv);
      const cipher = createCipheriv(algorithm, key, iv, { authTagLength: lengths.tag });
      const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${current}${Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64')}\n`;
    },
    isCurrent: (sealed) => sealed.startsWith(current),
    async open(sealed) {
      if (saysNoKey(sealed)) {
        const content = sealed.slice(markWithoutKey.length);
        return Promise.any([...keys.values()].map(async (one) => decipher(one, content)));
      }
      const [id = '', content = ''] = sealed.startsWith(mark) ? sealed.slice(mark.length).split(':') : [];
      const one = keys.get(id);
      if (one === undefined) throw new Error(`the key ${id} is not there`);
      return decipher(one, content);
    },
  };
}

function decipher(key: Uint8Array, base64: string): string {
  const all = Buffer.from(base64, 'base64');
  const start = lengths.iv + lengths.tag;
  if (all.length < start) throw new Error('it is cut short');
  const opener = createDecipheriv(algorithm, key, all.subarray(0, lengths.iv), {
    authTagLength: lengths.tag,
  });
  opener.setAuthTag(all.subarray(lengths.iv, start));
  return opener.update(all.subarray(start), undefined, 'utf8') + opener.final('utf8');
}
