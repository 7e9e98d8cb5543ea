import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { app } from './app.ts';

/** As on a Linux with a keychain, or with `ELECTRON_DOUBLE_KEYCHAIN=basic_text` as on one without. */
const backend = process.env.ELECTRON_DOUBLE_KEYCHAIN ?? 'gnome_libsecret';

/** What the keychain holds for the app: where there is none, what everybody knows. */
function key(): Buffer {
  if (!app.isReady()) throw new Error('safeStorage cannot be used before app is ready');
  if (backend === 'basic_text') return Buffer.from('peanuts'.padEnd(32));
  const file = path.join(app.getPath('userData'), 'keychain');
  try {
    return readFileSync(file);
  } catch {
    writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
    return readFileSync(file);
  }
}

export const safeStorage = {
  // With `setUsePlainTextEncryption` it is true without a keychain too.
  isEncryptionAvailable: () => app.isReady(),
  getSelectedStorageBackend: () => backend,
  encryptString(text: string): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key(), iv);
    const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from('v11'), iv, cipher.getAuthTag(), content]);
  },
  decryptString(encrypted: Buffer): string {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key(), encrypted.subarray(3, 15));
      decipher.setAuthTag(encrypted.subarray(15, 31));
      return decipher.update(encrypted.subarray(31), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw new Error('Error while decrypting the ciphertext provided to safeStorage.decryptString.');
    }
  },
};
