import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { errnoOf } from '../../agent/app-error.ts';

/**
 * Both ends of the socket prove that they can read a secret in the user's profile, without sending it. On Windows,
 * where any user may make a named pipe, it is what keeps strangers out; elsewhere the 0700 folder does that already,
 * and the proof tells a foreign program on the socket from an agent.
 *
 * `node:crypto` takes 4 ms to load, which every kubectl would wait for: what two proofs need is done without it.
 */

/** Raised when messages change in a way that another version would misread. */
export const protocol = 1;

export function newNonce(): string {
  const nonce = Buffer.alloc(16);
  try {
    const generator = openSync('/dev/urandom', 'r');
    try {
      if (readSync(generator, nonce, 0, nonce.length, null) === nonce.length) return nonce.toString('hex');
    } finally {
      closeSync(generator);
    }
  } catch {
    // Windows has no such file.
  }
  return process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex');
}

/** `who` keeps one end's proof from being played back as the other's. */
export function proofOf(
  secret: string,
  who: 'agent' | 'client',
  agentNonce: string,
  clientNonce: string,
): string {
  const message = Buffer.from(`${who}:${agentNonce}:${clientNonce}`);
  return Buffer.from(hmac(sha256, Buffer.from(secret), message)).toString('hex');
}

export function secretFile(state: string): string {
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
