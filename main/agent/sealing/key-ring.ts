import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../parts.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import { createSealer, keyId, keyLength, type Sealer } from './sealer.ts';

/** The computer's keychain, as Electron's safeStorage offers it: it encrypts with a key that it holds for the app. */
export interface Keychain {
  isAvailable(): boolean;
  /** Throws where the keychain does not answer. */
  encrypt(text: string): Uint8Array;
  /** Throws where another key has encrypted it, or the keychain does not answer. It may also return nonsense. */
  decrypt(encrypted: Uint8Array): string;
}

const name = 'sign-in-key';
/** A keychain that is new at every start must not fill the folder. */
const keysAtMost = 32;

/**
 * A sealer by the keys in `sign-in-key` and `sign-in-key.<id>` (0600), each encrypted by the keychain. No key file is ever
 * renamed or removed: a keychain that answers from another store, or was refused once, may open them at the next start.
 * All are tried at each start; where none opens, another key is made beside them.
 * Rejects with `file-unwritable` or `disk-full`.
 */
export async function openKeyRing(options: {
  readonly folder: string;
  readonly keychain: Keychain;
  readonly logger: Logger;
}): Promise<Sealer> {
  const { folder, keychain, logger } = options;
  const files = await keyFiles(folder);
  const unavailable = (why: string): Sealer =>
    files.length === 0
      ? { kind: 'no-keychain' }
      : {
          kind: 'no-keychain',
          warning: `${why} Sessions that it sealed stay as they are; new ones are files that only you can read. Unlock the keychain, allow k8s-tunnels to use it, and start the app again.`,
        };
  if (!keychain.isAvailable()) return unavailable('Your keychain is not available.');

  const keys = async () => (await Promise.all(files.map((file) => openKey(file, keychain)))).filter(isKey);
  let [current, ...others] = await keys();
  if (current !== undefined) return createSealer(current, { others });

  const made = randomBytes(keyLength);
  const encrypted = tryTo(() => keychain.encrypt(made.toString('base64')));
  if (encrypted === undefined || !keyIn(tryTo(() => keychain.decrypt(encrypted)))?.equals(made))
    return unavailable('Your keychain does not answer.');
  // It answers now: the first question may have been refused by a mistake.
  [current, ...others] = await keys();
  if (current !== undefined) return createSealer(current, { others });

  if (files.length >= keysAtMost)
    return unavailable(`Your keychain opens none of the ${files.length} keys in ${folder}.`);
  const file = path.join(folder, files.length === 0 ? name : `${name}.${keyId(made)}`);
  await writeFileAtomic(file, encrypted);
  if (files.length === 0) return createSealer(made);
  logger.warn('The keychain opens no key of the sessions; another was made', { file, kept: files });
  return createSealer(made, {
    warning: `Your keychain does not open the key of your earlier sessions: another keychain answers, or it was reset. They are kept, and used again when the earlier keychain is back at a start of the app. Sign in again to go on now.`,
  });
}

/** The newest first. */
async function keyFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names
    .filter((one) => one === name || one.startsWith(`${name}.`))
    .map((one) => path.join(folder, one));
  const times = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return files
    .map((file, at) => ({ file, time: times[at] ?? 0 }))
    .sort((a, b) => b.time - a.time || a.file.localeCompare(b.file))
    .map(({ file }) => file);
}

async function openKey(file: string, keychain: Keychain): Promise<Buffer | undefined> {
  const encrypted = await readFile(file).catch(() => undefined);
  return encrypted === undefined ? undefined : keyIn(tryTo(() => keychain.decrypt(encrypted)));
}

/** Encryption without authentication, as on Linux, gives nonsense for some wrong keys. */
function keyIn(text: string | undefined): Buffer | undefined {
  return text !== undefined && /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function isKey(key: Buffer | undefined): key is Buffer {
  return key !== undefined;
}

function tryTo<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
