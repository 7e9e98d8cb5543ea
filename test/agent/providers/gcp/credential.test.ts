import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import { createGcpSession } from '../../../../main/agent/providers/gcp/adc.ts';
import { gkeCredential } from '../../../../main/agent/providers/gcp/credential.ts';
import { type Google, startGoogle } from './google.ts';

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.close());

const open = (env = google.env) =>
  createGcpSession({ env, home: google.home, network: google.network, clock: systemClock });

test('is an access token of the person, with the end that Google gives it', async () => {
  const before = Date.now();
  const credential = await gkeCredential(open());
  if (credential.kind !== 'token') throw new Error('not a token');
  expect(google.gcp.signIns.find(credential.token)).toBe('ada@acme.example');
  const seconds = ((credential.expiresAt ?? 0) - before) / 1000;
  expect(Math.round(seconds / 60)).toBe(60);
});

test('is asked for once while it holds, and anew five minutes before its end', async () => {
  const login = open();
  const first = await gkeCredential(login);
  expect(await gkeCredential(login)).toEqual(first);
  expect(google.traffic.count('google-oauth')).toBe(1);
  google.gcp.signIns.tokenSeconds = 299;
  const short = open();
  const second = await gkeCredential(short);
  expect(await gkeCredential(short)).not.toEqual(second);
  expect(google.traffic.count('google-oauth')).toBe(3);
});

test('is of whoever has signed in since', async () => {
  const login = open();
  await gkeCredential(login);
  const account = google.gcp.createServiceAccount('ci');
  await google.write(account);
  const credential = await gkeCredential(login);
  if (credential.kind !== 'token') throw new Error('not a token');
  expect(google.gcp.signIns.find(credential.token)).toBe(account.client_email);
});

test('says how to sign in where nobody has, or the session has ended', async () => {
  const hint = 'Run `k8s-tunnels login gcp`, or `gcloud auth application-default login`.';
  const expected = { code: 'gcp-session-expired', hint };
  await expect(gkeCredential(open({ CLOUDSDK_CONFIG: '/nowhere' }))).rejects.toMatchObject(expected);
  google.gcp.signIns.end(google.credentials.refresh_token, 'reauth');
  await expect(gkeCredential(open())).rejects.toMatchObject(expected);
});

test('waits for a token endpoint that fails for a moment', async () => {
  google.traffic.inject({ service: 'google-oauth', times: 1, does: { kind: 'error' } });
  expect(await gkeCredential(open())).toMatchObject({ kind: 'token' });
});
