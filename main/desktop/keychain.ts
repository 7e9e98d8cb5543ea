import { app, safeStorage } from 'electron';
import type { Logger } from '../agent/parts.ts';
import { openKeyRing } from '../agent/sealing/key-ring.ts';
import type { Sealer } from '../agent/sealing/sealer.ts';

/** A sealer by the computer's keychain. Rejects as `openKeyRing` does. */
export async function openKeychain(options: {
  readonly folder: string;
  readonly logger: Logger;
}): Promise<Sealer> {
  await app.whenReady();
  return openKeyRing({
    ...options,
    keychain: {
      isAvailable: hasKeychain,
      encrypt: (text) => safeStorage.encryptString(text),
      decrypt: (encrypted) => safeStorage.decryptString(Buffer.from(encrypted)),
    },
  });
}

/** Where Linux offers none, Electron encrypts with a password that everybody knows: that is no keychain. */
function hasKeychain(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return (
    process.platform !== 'linux' ||
    !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend())
  );
}
