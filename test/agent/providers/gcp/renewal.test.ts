import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import { createGcpSession } from '../../../../main/agent/providers/gcp/adc.ts';
import { gkeCredential } from '../../../../main/agent/providers/gcp/credential.ts';
import { renewalOf } from '../../../../main/agent/providers/gcp/renewal.ts';
import { discoverOnce } from '../../discovery/clouds.ts';
import { type Google, startGoogle } from './google.ts';

let google: Google;
let named: string;
beforeEach(async () => {
  google = await startGoogle();
  named = path.join(google.home, 'key.json');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await google.close();
});

const open = (env = google.env) =>
  createGcpSession({ env, home: google.home, network: google.network, clock: systemClock });
const byVariable = () => ({ ...google.env, GOOGLE_APPLICATION_CREDENTIALS: named });
const failureOf = (env = google.env) =>
  gkeCredential(open(env)).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

test('no login is named where GOOGLE_APPLICATION_CREDENTIALS comes before it', async () => {
  await writeFile(named, JSON.stringify(google.credentials));
  google.gcp.signIns.end(google.credentials.refresh_token, 'reauth');
  const expected = {
    code: 'gcp-session-expired',
    signIn: undefined,
    hint: `Renew ${named}, or unset GOOGLE_APPLICATION_CREDENTIALS, which names it, and run \`k8s-tunnels login gcp\`.`,
  };
  expect(await failureOf(byVariable())).toMatchObject(expected);
  const { results } = await discoverOnce(google.source(byVariable()));
  expect(results[0]?.outcome).toMatchObject({ error: { code: expected.code, hint: expected.hint } });
});

test.each([
  ['no JSON', 'AIza'],
  ['a kind that nobody knows', '{"type":"gdch_service_account"}'],
])('nor for a file of %s', async (_, text) => {
  await writeFile(named, text);
  expect(await failureOf(byVariable())).toMatchObject({
    code: 'gcp-failed',
    hint: expect.stringContaining('unset GOOGLE_APPLICATION_CREDENTIALS'),
  });
});

test('a file may begin with a byte order mark', async () => {
  await writeFile(named, `\uFEFF${JSON.stringify(google.credentials)}`);
  expect(await gkeCredential(open(byVariable()))).toMatchObject({ kind: 'token' });
});

test('who impersonates a service account signs in as that again, and not as themselves', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const account = 'ci@acme-shop.iam.gserviceaccount.com';
  await google.write({
    type: 'impersonated_service_account',
    service_account_impersonation_url: `${google.gcp.url}v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
    source_credentials: google.credentials,
    token_uri: google.gcp.tokenUri,
  });
  google.gcp.signIns.end(google.credentials.refresh_token, 'revoked');
  expect(await failureOf()).toMatchObject({
    code: 'gcp-session-expired',
    signIn: undefined,
    hint: `Run \`gcloud auth application-default login --impersonate-service-account=${account}\`.`,
  });
});

test('who signed in by another identity provider does so again', () => {
  const file = '/home/ada/adc.json';
  const type = 'external_account_authorized_user';
  expect(renewalOf({ type, file, isNamed: false, impersonated: undefined })).toEqual({
    hint: expect.stringContaining('--login-config=FILE'),
  });
});
