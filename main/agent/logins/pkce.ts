import { createHash, randomBytes } from 'node:crypto';

/** Creates a verifier and its S256 challenge (RFC 7636), and an unguessable state. */
export function createPkce() {
  const verifier = randomBytes(48).toString('base64url');
  return {
    verifier,
    challenge: createHash('sha256').update(verifier).digest('base64url'),
    state: randomBytes(24).toString('base64url'),
  };
}
