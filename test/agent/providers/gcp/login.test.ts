import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Environment } from '../../../../main/agent/parts.ts';
import { createGcpSession } from '../../../../main/agent/providers/gcp/adc.ts';
import { createGkeSource } from '../../../../main/agent/providers/gcp/gke.ts';
import { createGcpLogin } from '../../../../main/agent/providers/gcp/login.ts';
import { discoverOnce } from '../../discovery/clouds.ts';
import { type Rig, signInFile, startRig } from '../../logins/rig.ts';
import { type Google, startGoogle } from './google.ts';

let rig: Rig;
let google: Google;
let ownFile: string;
let env: Environment;
beforeEach(async () => {
  rig = await startRig();
  google = await startGoogle();
  ownFile = path.join(rig.home, 'state', 'google-sign-in.json');
  // What a machine has that has never seen gcloud.
  env = {
    ...google.env,
    CLOUDSDK_CONFIG: path.join(rig.home, 'none'),
    CLOUDSDK_AUTH_TOKEN_HOST: google.gcp.tokenUri,
    CLOUDSDK_AUTH_AUTH_HOST: google.gcp.authUri,
  };
});
afterEach(async () => {
  await google.close();
  await rig.close();
});

const never = new AbortController().signal;
const parts = (more: Environment = {}) => ({
  env: { ...env, ...more },
  home: rig.home,
  network: rig.network,
  clock: rig.clock,
  ownFile: signInFile(ownFile),
});
const loginsOf = (client: { id: string; secret?: string } | undefined, more?: Environment) =>
  rig.logins(createGcpLogin({ parts: parts(more), client: () => client }));

test('signs in by the organisation’s client; the clusters are found with it, and no gcloud', async () => {
  const logins = loginsOf(google.gcp.signIns.desktopClient);
  expect(await logins.accounts()).toMatchObject([{ session: 'google', status: 'signed-out' }]);
  const account = await logins.login({ provider: 'gcp', signal: never });
  expect(account).toMatchObject({
    who: 'ada@acme.example',
    status: 'signed-in',
    renews: true,
    store: `${ownFile}, which only you can read`,
  });
  expect(await rig.browser.ended()).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+\/$/)]);
  expect((await stat(ownFile)).mode & 0o777).toBe(0o600);
  expect(Object.keys(JSON.parse(await readFile(ownFile, 'utf8')))).toEqual([
    'account',
    'client_id',
    'client_secret',
    'refresh_token',
    'type',
    'universe_domain',
  ]);
  const { clusters } = await discoverOnce(createGkeSource(parts()));
  expect(clusters.length).toBeGreaterThan(0);
});

test('our sign-in counts before the application-default credentials, a file that is named before both', async () => {
  const logins = loginsOf(google.gcp.signIns.desktopClient, { CLOUDSDK_CONFIG: google.env.CLOUDSDK_CONFIG });
  const login = createGcpSession(parts({ CLOUDSDK_CONFIG: google.env.CLOUDSDK_CONFIG }));
  expect((await login.access())?.quotaProject).toBe(google.credentials.quota_project_id);
  await logins.login({ provider: 'gcp', signal: never });
  expect((await login.access())?.quotaProject).toBeUndefined();
  expect(await logins.accounts()).toMatchObject([
    { session: 'google', ours: true },
    { session: 'application-default credentials', ours: false, status: 'signed-in' },
  ]);
  const named = path.join(google.env.CLOUDSDK_CONFIG ?? '', 'application_default_credentials.json');
  const byName = createGcpSession(parts({ GOOGLE_APPLICATION_CREDENTIALS: named }));
  expect((await byName.access())?.quotaProject).toBe(google.credentials.quota_project_id);
  const refused = loginsOf(google.gcp.signIns.desktopClient, { GOOGLE_APPLICATION_CREDENTIALS: named });
  await expect(refused.login({ provider: 'gcp', signal: never })).rejects.toMatchObject({
    code: 'bad-input',
  });
});

test('without a client the ways to have one are named', async () => {
  await expect(loginsOf(undefined).login({ provider: 'gcp', signal: never })).rejects.toMatchObject({
    code: 'not-found',
    hint: expect.stringMatching(/gcloud auth application-default login.*sources\.gke\.oauthClient/),
  });
});

test('a client that Google does not know, and a wrong secret', async () => {
  const { id } = google.gcp.signIns.desktopClient;
  await expect(
    loginsOf({ id, secret: 'wrong' }).login({ provider: 'gcp', signal: never }),
  ).rejects.toMatchObject({
    code: 'login-failed',
    message: 'Google did not accept the sign-in (invalid_client).',
    hint: expect.stringContaining('sources.gke.oauthClient'),
  });
  await expect(rig.browser.ended()).rejects.toThrow('answered 400');
  await expect(stat(ownFile)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a revoked sign-in is told as ended; signing out revokes it at Google', async () => {
  const logins = loginsOf(google.gcp.signIns.desktopClient);
  await logins.login({ provider: 'gcp', signal: never });
  const { refresh_token } = JSON.parse(await readFile(ownFile, 'utf8'));
  const { removed, remaining } = await logins.logout({ provider: 'gcp' });
  expect(removed).toEqual([expect.stringContaining('revoked at Google')]);
  expect(remaining).toEqual(['The session at Google, in the browser.']);
  expect(google.traffic.count('google-oauth', 'revoke')).toBe(1);
  await logins.login({ provider: 'gcp', signal: never });
  const again = JSON.parse(await readFile(ownFile, 'utf8'));
  expect(again.refresh_token).not.toBe(refresh_token);
  google.gcp.signIns.end(again.refresh_token, 'revoked');
  // The token at hand still holds; another agent has none.
  expect(await loginsOf(google.gcp.signIns.desktopClient).accounts()).toMatchObject([{ status: 'ended' }]);
  await rm(ownFile);
});

test('is needed where the organisation names a client, and blocked by a file that comes before it', async () => {
  const client = google.gcp.signIns.desktopClient;
  expect(await loginsOf(client).accounts()).toMatchObject([{ status: 'signed-out', needed: true }]);
  expect(await loginsOf(undefined).accounts()).toEqual([]);
  const named = { GOOGLE_APPLICATION_CREDENTIALS: path.join(rig.home, 'nowhere.json') };
  expect(await loginsOf(client, named).accounts()).toMatchObject([
    { blocked: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS is set') },
  ]);
});
