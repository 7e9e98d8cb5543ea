import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../parts.ts';
import { whileBusy } from '../storage/busy-file.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import { createSealer, keyId, keyLength, type Sealer } from './sealer.ts';

/** The computer's keychain, as Electron's safeStorage offers it: it encrypts with a key that it stores for the app. */
export interface Keychain {
  isAvailable(): boolean;
  /** Throws if the keychain does not answer. */
  encrypt(text: string): Uint8Array;
  /** Throws if another key encrypted it, or the keychain does not answer. May also return garbage. */
  decrypt(encrypted: Uint8Array): string;
}

const name = 'sign-in-key';
/** Limits the keys: a keychain that is new at every start must not fill the folder. */
const keysAtMost = 32;

/**
 * Creates a sealer with the keys in `sign-in-key` and `sign-in-key.<id>` (0600), each encrypted by the keychain. Never
 * renames or removes a key file: a keychain that answers from another store, or that denied access once, may open them
 * at the next start. Tries all of them at each start. If none opens, creates another key beside them.
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
  // The keychain answers now: the first request may have been denied by mistake.
  [current, ...others] = await keys();
  if (current !== undefined) return createSealer(current, { others });

  if (files.length >= keysAtMost)
    return unavailable(`Your keychain opens none of the ${files.length} keys in ${folder}.`);
  const file = path.join(folder, files.length === 0 ? name : `${name}.${keyId(made)}`);
  await writeFileAtomic(file, encrypted);
  if (files.length === 0) return createSealer(made);
  logger.warn('The keychain opens no key of the sessions; another was made', { file, kept: files });
  return createSealer(made, {
    warning: `Your keychain does not open the key of your earlier sessions: another keychain answers, or it was reset. They are kept, and used again when the earlier keychain is back at a start of the app. Sign in again to continue now.`,
  });
}

/** Resolves with the key files, the newest first. */
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
  const encrypted = await whileBusy('read', () => readFile(file)).catch(() => undefined);
  return encrypted === undefined ? undefined : keyIn(tryTo(() => keychain.decrypt(encrypted)));
}

/** Encryption without authentication, as on Linux, returns garbage for some wrong keys. */
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
