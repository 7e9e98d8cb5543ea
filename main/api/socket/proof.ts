import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { accountName, isOursIn } from '../../agent/storage/owner.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';

/**
 * Lets both ends of the socket prove that they can read a secret in the user's profile, without sending it. On Windows,
 * where any user may create a named pipe, this keeps other users out. Elsewhere the 0700 folder does so already, and
 * the proof distinguishes an agent from a foreign program on the socket.
 *
 * Avoids `node:crypto`, which takes 4 ms to load: every kubectl would wait for it.
 */

/** Increment when messages change in a way that another version would misread. */
export const protocol = 1;

/**
 * Returns 16 random bytes in hex. Reads the system's generator only where it is a device of the administrator's: on
 * Windows `/dev/urandom` is `C:\\dev\\urandom`, which any account may create, to choose what others take for random.
 */
export function newNonce(): string {
  const nonce = Buffer.alloc(16);
  if (process.platform !== 'win32' && readGenerator(nonce)) return nonce.toString('hex');
  return process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex');
}

function readGenerator(bytes: Buffer): boolean {
  try {
    // Do not block on a pipe in its place.
    const generator = openSync(
      '/dev/urandom',
      constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
    );
    try {
      const kind = fstatSync(generator);
      if (!kind.isCharacterDevice() || kind.uid !== 0) return false;
      return readSync(generator, bytes, 0, bytes.length, null) === bytes.length;
    } finally {
      closeSync(generator);
    }
  } catch {
    return false;
  }
}

/**
 * Returns true for a value in the form of `newNonce`. The fixed length makes the message of each pair of nonces unique.
 */
export function isNonce(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

/** Compares a received proof with the expected one in constant time. */
export function isProof(received: unknown, wanted: string): boolean {
  if (typeof received !== 'string' || received.length !== wanted.length) return false;
  let difference = 0;
  for (let at = 0; at < wanted.length; at += 1) difference |= received.charCodeAt(at) ^ wanted.charCodeAt(at);
  return difference === 0;
}

/** Computes a proof. `who` prevents that one end's proof is replayed as the other's. */
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
  return join(state, 'socket-secret');
}

/**
 * Returns the secret, or undefined if no agent has ever run here. Throws `agent-foreign` for a file of another account,
 * which could otherwise pose as the agent.
 */
export function readSecret(state: string): string | undefined {
  const name = secretFile(state);
  let file: number;
  try {
    file = openSync(name, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(file);
    if (!isOursIn(state, stats)) {
      throw new AppError('agent-foreign', `${name} belongs to ${accountName(stats.uid)}, not to you.`, {
        hint: 'Remove that file and quit the agent: the next one creates a new file.',
      });
    }
    if (!stats.isFile() || stats.size > 1_024) {
      throw new AppError('file-invalid', `${name} is not the secret of an agent.`, {
        hint: 'Move that file away and quit the agent: the next one creates a new file.',
      });
    }
    const secret = readFileSync(file, 'utf8').trim();
    return secret === '' ? undefined : secret;
  } finally {
    closeSync(file);
  }
}
