import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import type { Cluster } from '../../../../main/model/cluster.ts';
import { eksCluster } from '../../catalog/clusters.ts';
import { credentialsOf } from '../../credentials/credentials-of.ts';
import { type Clouds, startClouds } from '../../discovery/clouds.ts';

// A cluster of the organisation's catalog has no logins: no listing with this user's has found it.

const payments = '444455556666';
const sandbox = '222233334444';
const nowhere = '999900001111';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
});
afterEach(() => clouds.close());

const published = (account: string): Cluster => {
  const cluster = eksCluster('orders', { profiles: [] });
  return { ...cluster, account };
};
const credential = async (account: string) => {
  const { home, network, env } = clouds;
  const credentials = credentialsOf({ clock: systemClock, network, env, home, aws: clouds.ways() });
  const cluster = published(account);
  return { made: await credentials.get(cluster), used: credentials.identityOf(cluster.id) };
};
const listings = () =>
  clouds.traffic.count('eks') + clouds.traffic.count('sso', 'ListAccounts') + clouds.traffic.count('account');

it('gets the token of a profile whose keys belong to its account', async () => {
  const { made } = await credential(payments);
  expect(made).toMatchObject({ kind: 'token' });
  expect(listings()).toBe(0);
});

it('gets that of a role that Identity Center grants in its account', async () => {
  expect((await credential(sandbox)).made).toMatchObject({ kind: 'token' });
  expect(clouds.traffic.count('sso', 'ListAccountRoles')).toBe(1);
  expect(listings()).toBe(0);
});

it('says how to sign in where nothing reaches its account', async () => {
  await expect(credential(nowhere)).rejects.toMatchObject({
    code: 'aws-no-profile',
    message: expect.stringContaining(nowhere),
    hint: expect.stringContaining('k8s-tunnels login aws'),
  });
});

it('asks to sign in again where the session that may reach it has ended', async () => {
  await rm(path.join(clouds.home, '.aws', 'sso'), { recursive: true });
  await expect(credential(sandbox)).rejects.toMatchObject({
    code: 'aws-session-expired',
    signIn: { provider: 'aws', session: 'acme' },
  });
});
