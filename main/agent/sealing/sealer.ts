import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * How our own sessions are stored. The desktop app seals them with a key in the computer's keychain. Without a
 * keychain, or without the desktop app, they are files that only the user can read.
 */
export type Sealer =
  | {
      readonly kind: 'keychain';
      /** A warning about the keys for the user, shown once. */
      readonly warning?: string | undefined;
      seal(text: string): Promise<string>;
      /** Returns true if `seal` would use the key that sealed this. */
      isCurrent(sealed: string): boolean;
      open(sealed: string): Promise<string>;
    }
  | { readonly kind: 'no-keychain'; readonly warning?: string | undefined }
  /** An agent outside the desktop app: it cannot use the keychain. */
  | { readonly kind: 'headless' };

const algorithm = 'aes-256-gcm';
/** The prefix before the key's id. Sessions that older versions sealed have no id. */
const mark = 'k8s-tunnels-sealed-2:';
const markWithoutKey = 'k8s-tunnels-sealed-1:';
const lengths = { iv: 12, tag: 16 } as const;

/** The length of a key, bytes. */
export const keyLength = 32;

/** Returns an id that reveals nothing about the key. */
export function keyId(key: Uint8Array): string {
  return createHash('sha256').update('k8s-tunnels key id').update(key).digest('hex').slice(0, 16);
}

export function isSealed(text: string): boolean {
  return text.startsWith(mark) || text.startsWith(markWithoutKey);
}

/** Returns true if a version that did not record the key sealed it. */
export function saysNoKey(sealed: string): boolean {
  return sealed.startsWith(markWithoutKey);
}

/**
 * Seals with a key of `keyLength` bytes by AES-GCM. Opens with that key or one of the others, chosen by the id in the
 * sealed text. `open` rejects if none of the keys sealed it or somebody changed it.
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
