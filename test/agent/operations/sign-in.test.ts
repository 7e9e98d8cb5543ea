import { expect, test } from 'vitest';
import { isOfSession } from '../../../main/agent/callers/is-of-session.ts';
import { signInOperations } from '../../../main/agent/operations/sign-in.ts';
import type { Account, SignOut } from '../../../main/model/account.ts';
import { anAccount } from '../../renderer/shown.ts';

const { signal } = new AbortController();

const withFakes = (account: Account, removed: SignOut['removed'] = []) => {
  const did: string[] = [];
  const sessions: string[] = [];
  const does = (what: string) => () => void did.push(what);
  const operations = signInOperations({
    logins: {
      login: async () => account,
      logout: async () => ({ removed: [...removed], left: [] }) as unknown as SignOut,
    },
    credentials: { forgetAll: does('forget credentials') },
    schedule: { startAfterSignIn: (source) => void did.push(`discover ${source}`), renew: does('renew') },
    sessions: { look: async () => does('look at sessions')() },
    activity: { add: ({ kind }) => void did.push(`journal: ${kind}`) },
    network: { clockSkew: () => undefined },
    onSession: async (_, what, session) => void sessions.push(`${what} ${session}`),
  });
  return { ...operations, did, sessions };
};

test.each([
  ['aws', 'eks'],
  ['azure', 'aks'],
  ['gcp', 'gke'],
  ['vault', 'vault'],
] as const)('a sign-in to %s reads %s again, and nothing else', async (provider, source) => {
  const signedIn = withFakes(anAccount('acme', { provider }));
  await signedIn.login({ provider, signal });
  expect(signedIn.did.filter((one) => one.startsWith('discover'))).toEqual([`discover ${source}`]);
});

test('a sign-in drops the credentials of the one before and looks for more clusters', async () => {
  const aws = withFakes(anAccount('acme', { provider: 'aws' }));
  await aws.login({ provider: 'aws', signal });
  expect(aws.did).toEqual(['journal: signed-in', 'forget credentials', 'discover eks']);
  // Its sessions tell of it, whoever began it.
  const access = withFakes(anAccount('acme.cloudflareaccess.com', { provider: 'access' }));
  await access.login({ provider: 'access', signal });
  // It reaches clusters, but lists none.
  expect(access.did).toEqual(['forget credentials']);
});

test('a sign-out is in the journal where it removed something', async () => {
  const account = anAccount('acme', { provider: 'aws' });
  const rest = ['forget credentials', 'renew', 'look at sessions'];
  const held = withFakes(account, ['~/.aws/sso/cache/1.json']);
  await held.logout({ provider: 'aws', session: 'acme' });
  expect(held.did).toEqual(['journal: signed-out', ...rest]);
  const none = withFakes(account);
  await none.logout({ provider: 'aws', session: 'acme' });
  expect(none.did).toEqual(rest);
});

test('only the credentials of one Vault end with its session', async () => {
  const lyon = withFakes(anAccount('vault.lyon.example', { provider: 'vault' }));
  await lyon.login({ provider: 'vault', session: 'vault.lyon.example', signal });
  await lyon.logout({ provider: 'vault', session: 'vault.lyon.example' });
  expect(lyon.sessions).toEqual(['begun vault.lyon.example', 'ended vault.lyon.example']);
  const at = (address: string) =>
    ({ kind: 'vault', address, version: 2, mount: 'clusters', path: 'a', holds: 'token' }) as const;
  const session = { kind: 'vault', session: 'vault.lyon.example' } as const;
  expect(isOfSession(at('https://vault.lyon.example'), session)).toBe(true);
  expect(isOfSession(at('https://vault.berlin.example'), session)).toBe(false);
  expect(isOfSession(at('https://vault.berlin.example'), { kind: 'vault' })).toBe(true);
  expect(isOfSession(at('https://vault.lyon.example'), { kind: 'eks', session: 'acme' })).toBe(false);
  expect(isOfSession(undefined, session)).toBe(false);
});
