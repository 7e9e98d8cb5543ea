import { app, safeStorage } from 'electron';
import type { Logger } from '../agent/parts.ts';
import { openKeyRing } from '../agent/sealing/key-ring.ts';
import type { Sealer } from '../agent/sealing/sealer.ts';

/** Opens a sealer that uses the computer's keychain. Rejects as `openKeyRing` does. */
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

/** Returns false on a Linux without a keychain, where Electron encrypts with a publicly known password. */
function hasKeychain(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return (
    process.platform !== 'linux' ||
    !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend())
  );
}
