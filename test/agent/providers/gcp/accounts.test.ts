import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger, systemClock } from '../../../../main/agent/parts.ts';
import { createGkeAccountsSource } from '../../../../main/agent/providers/gcp/gke-accounts.ts';
import { credentialsOf } from '../../credentials/credentials-of.ts';
import { discoverOnce } from '../../discovery/clouds.ts';
import { type Google, startGoogle } from './google.ts';

// Our own session of one account, and the application-default credentials of another.

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.close());

test('each account reads its own projects, and signs in to their clusters', async () => {
  const own = google.gcp.createServiceAccount('own');
  google.plan.projects = google.plan.projects.map((project) => {
    if (project.id === 'acme-shop') return { ...project, only: own.client_email };
    return project.id === 'acme-analytics' ? { ...project, only: 'ada@acme.example' } : project;
  });
  const ownFile = {
    path: path.join(google.home, 'own.json'),
    store: 'the state folder',
    read: async () => JSON.stringify(own),
    write: async () => {},
    remove: async () => false,
  };
  const env = { ...google.env, GOOGLE_CLOUD_QUOTA_PROJECT: 'acme-shop' };
  const parts = { ...google, env, clock: systemClock, logger: silentLogger, ownFile };
  const source = createGkeAccountsSource(parts);
  const { clusters, results } = await discoverOnce(source);
  const names = clusters.map(({ account, name }) => `${account}/${name}`).sort();
  expect(names).toEqual([
    'acme-analytics/reports',
    'acme-analytics/trials',
    'acme-shop/storefront-prod',
    'acme-shop/storefront-staging',
  ]);
  const credentials = credentialsOf({ ...parts, googleFile: ownFile });
  const whose = async (name: string) => {
    const cluster = clusters.find((one) => one.name === name);
    if (cluster === undefined) throw new Error(`no ${name}`);
    const credential = await credentials.get(cluster);
    if (credential.kind !== 'token') throw new Error('not a token');
    return { email: google.gcp.signIns.find(credential.token), ...credential.identity };
  };
  expect(await whose('storefront-prod')).toMatchObject({
    email: own.client_email,
    used: `Google service account ${own.client_email}`,
    others: [expect.stringContaining('application_default_credentials.json')],
  });
  expect(await whose('reports')).toMatchObject({
    email: 'ada@acme.example',
    others: [`Google service account ${own.client_email}`],
  });
  // What the next run knows is read by the account that listed it: no failure of the other one is reported.
  const cells = results.map(({ cell }) => ({ ...cell, id: `gke/${cell.account}/${cell.region}`, readAt: 1 }));
  const again = await discoverOnce(source, clusters, { cells });
  expect(again.clusters.map(({ account, name }) => `${account}/${name}`).sort()).toEqual(names);
  const failed = again.results.filter(({ outcome }) => outcome.kind === 'failed');
  expect(failed.map(({ cell }) => cell.account)).toEqual(['acme-finance']);
});
