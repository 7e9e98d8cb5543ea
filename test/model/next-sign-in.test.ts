import { describe, expect, test } from 'vitest';
import type { Account } from '../../main/model/account.ts';
import { missingSignIns, signInToAll } from '../../main/model/next-sign-in.ts';
import { anAccount } from '../renderer/shown.ts';

const missing = (provider: Account['provider'], more: Partial<Account> = {}) =>
  anAccount(provider, { provider, status: 'signed-out', needed: true, ...more });

/** Signs in to these, as far as they are what `works` says; tells what was done, in its order. */
async function run(
  accounts: readonly Account[],
  how: {
    readonly outcomes?: Partial<Record<Account['provider'], 'failed' | 'cancelled'>>;
    readonly afterDiscovery?: (accounts: readonly Account[]) => readonly Account[];
    readonly isEnough?: () => Promise<boolean>;
  } = {},
) {
  let now = accounts;
  const did: string[] = [];
  const followed: boolean[] = [];
  const isWhole = await signInToAll({
    accounts: async () => now,
    canBegin: ({ asks }) => asks !== 'password',
    async signIn({ provider }, isFollowed) {
      did.push(provider);
      followed.push(isFollowed);
      const outcome = how.outcomes?.[provider] ?? 'done';
      if (outcome === 'done')
        now = now.map(({ needed, ...one }) =>
          one.provider === provider ? one : { ...one, ...(needed ? { needed } : {}) },
        );
      return outcome;
    },
    async discover() {
      did.push('discover');
      now = how.afterDiscovery?.(now) ?? now;
    },
    ...(how.isEnough === undefined ? {} : { isEnough: how.isEnough }),
  });
  return { did, isWhole, followed };
}

describe('what is missing', () => {
  test('is what is needed, ours and can begin, Access last', () => {
    const accounts = [
      missing('access'),
      missing('vault', { blocked: 'VAULT_TOKEN is set.' }),
      anAccount('azure', { provider: 'azure', status: 'signed-out' }),
      missing('gcp', { ours: false }),
      missing('aws'),
    ];
    expect(missingSignIns(accounts).map(({ provider }) => provider)).toEqual(['aws', 'access']);
  });

  test('keeps no tab for a login that cannot begin', async () => {
    const { followed } = await run([
      missing('aws'),
      missing('vault', { asks: 'password' }),
      missing('oidc', { blocked: 'No cluster is known.' }),
    ]);
    expect(followed).toEqual([false]);
  });

  test('is signed in to one after another, Access when clusters have been looked for', async () => {
    const blocked = missing('access', { blocked: 'No cluster is known.' });
    const { did, isWhole, followed } = await run([blocked, missing('aws'), missing('gcp')], {
      afterDiscovery: (now) => now.map(({ blocked: _, ...one }) => one),
    });
    expect(did).toEqual(['aws', 'gcp', 'discover', 'access']);
    expect(followed).toEqual([true, true, false]);
    expect(isWhole).toBe(true);
  });

  test('a failure is left behind and not tried again; a cancellation ends it', async () => {
    expect((await run([missing('aws'), missing('gcp')], { outcomes: { aws: 'failed' } })).did).toEqual([
      'aws',
      'gcp',
      'discover',
    ]);
    const cancelled = await run([missing('aws'), missing('gcp')], { outcomes: { aws: 'cancelled' } });
    expect(cancelled).toEqual({ did: ['aws'], isWhole: false, followed: [true] });
  });

  test('is begun only until it is enough, and never what cannot be begun here', async () => {
    const password = missing('vault', { asks: 'password' });
    const { did } = await run([password, missing('aws'), missing('gcp')], { isEnough: async () => true });
    expect(did).toEqual(['aws', 'discover']);
    expect((await run([password])).did).toEqual([]);
  });
});
