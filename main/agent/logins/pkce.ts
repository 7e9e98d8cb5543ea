import { createHash, randomBytes } from 'node:crypto';

/** A verifier and its S256 challenge (RFC 7636), and a state that no other page can guess. */
export function createPkce() {
  const verifier = randomBytes(48).toString('base64url');
  return {
    verifier,
    challenge: createHash('sha256').update(verifier).digest('base64url'),
    state: randomBytes(24).toString('base64url'),
  };
}
