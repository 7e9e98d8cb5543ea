import { randomBytes } from 'node:crypto';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';
import { readSecret, secretFile } from './proof.ts';

/** Returns the secret of proof.ts, and creates it if there is none. Call it only under the election's lock. */
export async function ensureSecret(state: string): Promise<string> {
  const known = readSecret(state);
  if (known !== undefined) return known;
  const secret = randomBytes(32).toString('hex');
  await writeFileAtomic(secretFile(state), `${secret}\n`);
  return secret;
}
