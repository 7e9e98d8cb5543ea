import { expect, test } from 'vitest';
import { signInInTurn } from '../../../main/agent/logins/in-turn.ts';
import type { Account } from '../../../main/model/account.ts';
import { AppError } from '../../../main/model/app-error.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { aCluster, anAccount } from '../../renderer/shown.ts';

const at = (hostname: string, source: Cluster['source'] = 'eks') =>
  aCluster(hostname, { source, reach: { kind: 'tunnel', hostname, origin: 'socks' } });
/** `one.a` and `two.a` belong to the organisation a. */
const teamOf = (hostname: string) => hostname.split('.')[1];

const signing = async (
  clusters: readonly Cluster[],
  {
    accounts = [],
    fails = {},
    services = [],
    abort = new AbortController(),
  }: {
    accounts?: readonly Account[];
    fails?: Record<string, AppError>;
    services?: readonly string[];
    abort?: AbortController;
  } = {},
) => {
  const did: string[] = [];
  const seen = new Set<string>();
  let running = 0;
  const login = async (name: string) => {
    running += 1;
    expect(running, 'only one at a time').toBe(1);
    did.push(name);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (fails[name] !== undefined) throw fails[name];
  };
  await signInInTurn(clusters, {
    access: {
      teamOf: (hostname) => (seen.has(hostname) ? teamOf(hostname) : undefined),
      serviceToken: async (hostname) => (services.includes(hostname) ? ({} as never) : undefined),
      async token(hostname, { interactive }) {
        expect(interactive).toBe(true);
        for (const cluster of ['one', 'two', 'three']) seen.add(`${cluster}.${teamOf(hostname)}`);
        await login(hostname);
        return {} as never;
      },
    },
    logins: {
      accounts: async () => accounts,
      async login({ provider, session }) {
        await login(`${provider} ${session}`);
        return {} as never;
      },
    },
    signal: abort.signal,
  });
  return did;
};

const missing = (session: string, fields: Partial<Account> = {}) =>
  anAccount(session, { status: 'ended', needed: true, ...fields });

test('the providers of the clusters come first, then each organisation once, one login after another', async () => {
  const accounts = [
    missing('acme.example', { provider: 'access' }),
    missing('main'),
    missing('tenant', { provider: 'azure' }),
    missing('ldap', { provider: 'vault', asks: 'password' }),
    anAccount('other'),
  ];
  const clusters = [
    at('one.a'),
    at('two.a'),
    at('one.b', 'aks'),
    aCluster('none', { reach: { kind: 'direct' } }),
  ];
  expect(await signing(clusters, { accounts })).toEqual(['aws main', 'azure tenant', 'one.a', 'one.b']);
  expect(await signing([at('one.a', 'vault')], { accounts })).toEqual(['one.a']);
});

test('of several Vaults, only those of the clusters are signed in to', async () => {
  const accounts = ['vault.berlin.example', 'vault.lyon.example'].map((session) =>
    missing(session, { provider: 'vault' }),
  );
  const inLyon = { ...at('one.a', 'vault'), account: 'vault.lyon.example/clusters' };
  expect(await signing([inLyon, at('two.a')], { accounts })).toEqual(['vault vault.lyon.example', 'one.a']);
});

test('a login that fails does not stop the others, one that the user cancels does', async () => {
  const failed = new AppError('access-login-failed', 'No.');
  const cancelled = new AppError('cancelled', 'Cancelled.');
  const clusters = [at('one.a'), at('one.b'), at('one.c')];
  expect(await signing(clusters, { fails: { 'one.a': failed } })).toEqual(['one.a', 'one.b', 'one.c']);
  expect(await signing(clusters, { fails: { 'one.b': cancelled } })).toEqual(['one.a', 'one.b']);
});

test('an application with a service token needs no user', async () => {
  expect(await signing([at('one.a'), at('one.b')], { services: ['one.a'] })).toEqual(['one.b']);
});

test('it rejects when its caller leaves', async () => {
  const abort = new AbortController();
  abort.abort();
  await expect(signing([at('one.a')], { abort })).rejects.toMatchObject({ code: 'cancelled' });
});
