import { expect, test } from 'vitest';
import { createSessionFiles } from '../../../main/agent/access/session-files.ts';
import type { Token, TokenFiles } from '../../../main/agent/access/token-files.ts';
import { heldClock } from '../catalog/clusters.ts';

const day = 24 * 3_600_000;
const now = 100 * day;

/** What is listed of a session that ends in `ms`, and of which its team says whether it has revoked it. */
function listed(ms: number, isRevoked: boolean) {
  const token: Token = { jwt: 'a.b.c', email: 'ada@acme.example', issuedAt: 0, expiresAt: now + ms };
  const org = { authDomain: 'acme.cloudflareaccess.com', token };
  const files: Pick<TokenFiles, 'orgs' | 'readOrg'> = { orgs: async () => [org], readOrg: async () => token };
  const ended = { has: () => isRevoked, check: async () => isRevoked };
  const sessions = createSessionFiles({ files: files as TokenFiles, clock: heldClock(now), ended });
  return { sessions, org };
}

const of = { authDomain: 'acme.cloudflareaccess.com', email: 'ada@acme.example' };

test.each([
  ['that lasts is one', 1, false, { sessions: [{ ...of, endsAt: now + 1 }], ended: [] }],
  ['that was revoked has ended', day, true, { sessions: [], ended: [{ ...of, isRevoked: true }] }],
  ['whose time is over has ended', 0, false, { sessions: [], ended: [{ ...of, isRevoked: false }] }],
  [
    'whose time is over was not revoked, whatever its team says',
    0,
    true,
    { sessions: [], ended: [{ ...of, isRevoked: false }] },
  ],
  [
    'that ended a month ago is still one to renew',
    -31 * day + 1,
    false,
    { sessions: [], ended: [{ ...of, isRevoked: false }] },
  ],
  ['that ended before is not shown', -31 * day, false, { sessions: [], ended: [] }],
])('a session %s', async (_, ms, isRevoked, expected) => {
  expect(await listed(ms, isRevoked).sessions.list()).toEqual(expected);
});

test('a revoked session is used by nobody, though its file is there', async () => {
  const { sessions, org } = listed(day, false);
  expect(await sessions.of(org.authDomain)).toEqual(org.token);
  expect(await sessions.lasting()).toEqual([org]);
  const revoked = listed(day, true).sessions;
  expect(await revoked.of(org.authDomain)).toBeUndefined();
  expect(await revoked.lasting()).toEqual([]);
});
