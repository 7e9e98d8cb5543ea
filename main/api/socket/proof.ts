import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../../agent/app-error.ts';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';

/**
 * Both ends of the socket prove that they can read a secret in the user's profile, without sending it. On Windows,
 * where any user may make a named pipe, it is what keeps strangers out; elsewhere the 0700 folder does that already,
 * and the proof tells a foreign program on the socket from an agent.
 */

/** Raised when messages change in a way that another version would misread. */
export const protocol = 1;

export function newNonce(): string {
  return randomBytes(16).toString('hex');
}

/** `who` keeps one end's proof from being played back as the other's. */
export function proofOf(
  secret: string,
  who: 'agent' | 'client',
  agentNonce: string,
  clientNonce: string,
): string {
  return createHmac('sha256', secret).update(`${who}:${agentNonce}:${clientNonce}`).digest('hex');
}

export function sameProof(given: unknown, wanted: string): boolean {
  if (typeof given !== 'string' || given.length !== wanted.length) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

function secretFile(state: string): string {
  return path.join(state, 'socket-secret');
}

/** The secret, or undefined when no agent has ever run here. */
export function readSecret(state: string): string | undefined {
  try {
    const secret = readFileSync(secretFile(state), 'utf8').trim();
    return secret === '' ? undefined : secret;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The secret, made where there is none. Only under the election's lock. */
export async function ensureSecret(state: string): Promise<string> {
  const known = readSecret(state);
  if (known !== undefined) return known;
  const secret = randomBytes(32).toString('hex');
  await writeFileAtomic(secretFile(state), `${secret}\n`);
  return secret;
}
