import { createHash, generateKeyPair } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** How many of a kind take turns in one process, so that two worlds of one test never share a key. */
const slots = 4;
const turns = new Map<string, number>();
const known = new Map<string, Promise<unknown>>();

/** Returns the name of the next slot of a kind: the first call of a process gets the first. */
export function nextSlot(kind: string): string {
  const turn = turns.get(kind) ?? 0;
  turns.set(kind, turn + 1);
  return `${kind} ${turn % slots}`;
}

/**
 * Returns what `make` made under this name, in this process or in another of the same test run: a key costs a tenth of
 * a second, and a run starts about a thousand worlds. The run's folder is in `K8S_TUNNELS_TEST_KEYS`; without it, each
 * process makes its own. `make` resolves with what JSON can hold.
 */
export function stored<T>(name: string, make: () => Promise<T>): Promise<T> {
  const before = known.get(name);
  if (before !== undefined) return before as Promise<T>;
  const folder = process.env.K8S_TUNNELS_TEST_KEYS;
  const made = folder === undefined ? make() : fromFolder(folder, name, make);
  known.set(name, made);
  return made;
}

async function fromFolder<T>(folder: string, name: string, make: () => Promise<T>): Promise<T> {
  const file = path.join(folder, `${createHash('sha256').update(name).digest('hex')}.json`);
  const read = async () => JSON.parse(await readFile(file, 'utf8')) as T;
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, JSON.stringify(await make()), { mode: 0o600 });
  // Of two that make it at once, the first counts for both.
  await link(mine, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(mine);
  return read();
}

/** An RSA key pair of 2,048 bits, PEM: PKCS#8 and SPKI. */
export function rsaKeys(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  return stored(nextSlot('rsa'), () =>
    promisify(generateKeyPair)('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }),
  );
}
