import { randomBytes } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { app, safeStorage } from 'electron';
import { errnoOf } from '../agent/app-error.ts';
import type { Logger } from '../agent/parts.ts';
import { createSealer, keyLength, type Sealer } from '../agent/sealing/sealer.ts';
import { unwritable, writeFileAtomic } from '../agent/storage/write-file-atomic.ts';

/**
 * A sealer whose key is made once and lies in `sign-in-key` (0600), encrypted with the key that the computer's keychain
 * holds for the app. A key that the keychain does not open any more is set aside, and another made.
 * Rejects with `file-unwritable` or `disk-full`.
 */
export async function openKeychain(options: {
  readonly folder: string;
  readonly logger: Logger;
}): Promise<Sealer> {
  const { folder, logger } = options;
  await app.whenReady();
  if (!hasKeychain()) return { kind: 'no-keychain' };
  const file = path.join(folder, 'sign-in-key');
  try {
    const key = Buffer.from(safeStorage.decryptString(await readFile(file)), 'base64');
    if (key.length === keyLength) return createSealer(key);
    throw new Error('it is no key');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') {
      logger.warn('The key of the sign-ins is set aside', { file });
      await rename(file, `${file}.unreadable`).catch((cause: unknown) => {
        throw unwritable(file, cause);
      });
    }
  }
  const key = randomBytes(keyLength);
  await writeFileAtomic(file, safeStorage.encryptString(key.toString('base64')));
  return createSealer(key);
}

/** Where Linux offers none, Electron encrypts with a password that everybody knows: that is no keychain. */
function hasKeychain(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return (
    process.platform !== 'linux' ||
    !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend())
  );
}
