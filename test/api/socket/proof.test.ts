import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { newNonce, proofOf } from '../../../main/api/socket/proof.ts';

it('is the HMAC-SHA-256 of who proves and of both nonces', () => {
  const secret = 'a'.repeat(64);
  const wanted = createHmac('sha256', secret).update('agent:n1:n2').digest('hex');
  expect(proofOf(secret, 'agent', 'n1', 'n2')).toBe(wanted);
  expect(proofOf(secret, 'client', 'n1', 'n2')).not.toBe(wanted);
});

it('answers nonces of 16 bytes, no two alike', () => {
  const nonces = Array.from({ length: 100 }, newNonce);
  expect(new Set(nonces).size).toBe(100);
  for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{32}$/);
});
