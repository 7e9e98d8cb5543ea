import { expect, test } from 'vitest';
import { nameOf, sessionFacts } from '../../../renderer/footer/session-facts.ts';
import { anAccount } from '../shown.ts';

const now = 1_000_000;
const hour = 3_600_000;
const team = { authDomain: 'acme.cloudflareaccess.com', email: 'ada@acme.example', endsAt: now + 7 * hour };
const out = { status: 'signed-out', needed: true } as const;

const factsOf = (options: Partial<Parameters<typeof sessionFacts>[0]>) => {
  const facts = sessionFacts({
    sessions: [],
    endedSessions: undefined,
    accounts: undefined,
    now,
    ...options,
  });
  return {
    held: facts.held.map(nameOf),
    ended: facts.ended.map(nameOf),
    missing: facts.missing.map(nameOf),
  };
};

test('the session of any provider that ends first is the first, and one that renews is the last', () => {
  const accounts = [
    anAccount('cli', { provider: 'azure', renews: true, endsAt: now + 1, ours: false }),
    anAccount('vault.example', { provider: 'vault', endsAt: now + 2 * hour }),
    anAccount('acme', { endsAt: now + 3 * hour }),
  ];
  expect(factsOf({ sessions: [team], accounts })).toEqual({
    held: ['Vault vault.example', 'AWS acme', 'acme.cloudflareaccess.com', 'Azure cli'],
    ended: [],
    missing: [],
  });
});

test('an ended session counts for every provider, also where it ended after the accounts were read', () => {
  const accounts = [
    anAccount('acme', { endsAt: now }),
    anAccount('ledger', { status: 'ended', needed: true }),
    anAccount('idp', { provider: 'oidc', status: 'ended', needed: true }),
    // Another session for the same portal is enough.
    anAccount('double', { status: 'ended' }),
  ];
  expect(factsOf({ sessions: [team], accounts }).ended).toEqual([
    'AWS ledger',
    'OpenID Connect idp',
    'AWS acme',
  ]);
});

test('accounts that were never signed in to count only while there is no session', () => {
  const accounts = [anAccount('acme', out), anAccount('ledger', { ...out, blocked: 'Unset AWS_PROFILE.' })];
  expect(factsOf({ sessions: [team], accounts }).missing).toEqual([]);
  expect(factsOf({ accounts }).missing).toEqual(['AWS acme']);
});

test('a session of Access is taken from the live state, never from accounts that were read before', () => {
  const accounts = [anAccount(team.authDomain, { provider: 'access', endsAt: team.endsAt })];
  const over = (isRevoked: boolean) => [{ authDomain: team.authDomain, isRevoked }];
  const other = { ...team, authDomain: 'other.cloudflareaccess.com' };
  expect(factsOf({ sessions: [team], accounts }).held).toEqual([team.authDomain]);
  expect(factsOf({ accounts }).held).toEqual([]);
  expect(factsOf({ accounts, endedSessions: over(false) }).ended).toEqual([team.authDomain]);
  expect(factsOf({ sessions: [other], endedSessions: over(false) }).ended).toEqual([]);
  expect(factsOf({ sessions: [other], endedSessions: over(true) }).ended).toEqual([team.authDomain]);
});
