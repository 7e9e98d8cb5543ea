import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Environment } from '../../../../main/agent/parts.ts';
import { createAwsAccounts } from '../../../../main/agent/providers/aws/accounts.ts';
import { type Clouds, startClouds } from '../../discovery/clouds.ts';

/** The SDK reads the environment of its process: here it has the keys of another shell, which must not count. */

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
  Object.assign(process.env, {
    ...keysOf('data'),
    AWS_PROFILE: 'of-another-shell',
    AWS_SESSION_TOKEN: 'other',
  });
});
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  await clouds.close();
});

function keysOf(profile: string): Record<string, string> {
  const account = clouds.plan.accounts.find((one) => one.profile === profile);
  if (account === undefined) throw new Error(`no ${profile}`);
  return { AWS_ACCESS_KEY_ID: account.accessKeyId, AWS_SECRET_ACCESS_KEY: account.secretAccessKey };
}

async function loginOf(env: Environment, profile: string) {
  const aws = clouds.ways({ env: { ...clouds.env, ...env } });
  const { profiles } = await aws.configuration();
  const principal = profiles.find(({ way }) => way.kind === 'profile' && way.name === profile);
  if (principal === undefined) throw new Error(`no profile ${profile}`);
  return { aws, principal, credentials: await aws.credentials.get(principal) };
}

test('the keys of a shell come before its profiles, with their end', async () => {
  const keys = keysOf('payments');
  const aws = clouds.ways({
    env: { ...clouds.env, ...keys, AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z' },
  });
  const { profiles } = await aws.configuration();
  expect(profiles.map(({ way }) => way.kind === 'profile' && way.name)).toEqual(
    expect.arrayContaining(['', 'payments', 'platform']),
  );
  expect(profiles[0]?.way).toEqual({ kind: 'profile', name: '' });
  expect(await loginOf({ ...keys, AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z' }, '')).toMatchObject({
    credentials: { accessKeyId: keys.AWS_ACCESS_KEY_ID, expiration: new Date('2099-01-01T00:00:00Z') },
  });
  expect((await loginOf(keys, '')).credentials).not.toHaveProperty('sessionToken');
});

test('a role over the keys of the environment takes those of the shell', async () => {
  await writeFile(
    path.join(clouds.home, '.aws', 'config'),
    [
      '[profile role]',
      'role_arn = arn:aws:iam::444455556666:role/Reader',
      'credential_source = Environment',
      'region = eu-west-1',
    ].join('\n'),
  );
  const keys = keysOf('platform');
  await loginOf(keys, 'role');
  expect(clouds.traffic.count('sts', 'AssumeRole')).toBe(1);
  // Without keys of its own, those of another shell are none.
  await expect(loginOf({}, 'role')).rejects.toMatchObject({ name: 'CredentialsProviderError' });
  expect(clouds.traffic.count('sts', 'AssumeRole')).toBe(1);
});

test('a role over a session of Identity Center takes the one in the configuration file of the shell', async () => {
  const folder = path.join(clouds.home, 'other');
  await mkdir(folder);
  const { session, startUrl, region, accounts } = clouds.plan.identityCenter;
  const [granted] = accounts;
  const file = path.join(folder, 'config');
  await writeFile(
    file,
    [
      `[sso-session ${session}]`,
      `sso_start_url = ${startUrl}`,
      `sso_region = ${region}`,
      '[profile base]',
      `sso_session = ${session}`,
      `sso_account_id = ${granted?.id}`,
      `sso_role_name = ${granted?.roles[0]?.name}`,
      '[profile role]',
      'role_arn = arn:aws:iam::444455556666:role/Reader',
      'source_profile = base',
      'region = eu-west-1',
    ].join('\n'),
  );
  const { aws, ...login } = await loginOf({ AWS_CONFIG_FILE: file }, 'role');
  expect(await createAwsAccounts(aws).identify(login, new AbortController().signal)).toBe('444455556666');
  expect(clouds.traffic.count('sts', 'AssumeRole')).toBe(1);
});

test('a role of a web identity is of the file that the shell names', async () => {
  const env = {
    AWS_WEB_IDENTITY_TOKEN_FILE: path.join(clouds.home, 'token'),
    AWS_ROLE_ARN: 'arn:aws:iam::444455556666:role/Reader',
  };
  const aws = clouds.ways({ env: { ...clouds.env, ...env } });
  const { profiles } = await aws.configuration();
  expect(profiles[0]).toMatchObject({ account: '444455556666', tokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE });
});

test('half of a pair names the other half', async () => {
  const keys = keysOf('platform');
  const { AWS_ACCESS_KEY_ID = '' } = keys;
  await expect(loginOf({ AWS_ACCESS_KEY_ID }, '')).rejects.toMatchObject({
    code: 'bad-input',
    message: 'AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY.',
    hint: 'Set AWS_SECRET_ACCESS_KEY too, or unset AWS_ACCESS_KEY_ID.',
  });
  expect((await loginOf(keys, '')).credentials).toMatchObject({ accessKeyId: AWS_ACCESS_KEY_ID });
  const file = path.join(clouds.home, 'token');
  await expect(loginOf({ AWS_WEB_IDENTITY_TOKEN_FILE: file }, '')).rejects.toMatchObject({
    code: 'bad-input',
    message: 'AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN.',
    hint: 'Set AWS_ROLE_ARN too, or unset AWS_WEB_IDENTITY_TOKEN_FILE.',
  });
  const AWS_ROLE_ARN = 'arn:aws:iam::444455556666:role/Reader';
  // A file that is not there is no network that is down.
  await expect(loginOf({ AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN }, '')).rejects.toMatchObject({
    code: 'file-unreadable',
    hint: expect.stringContaining('AWS_WEB_IDENTITY_TOKEN_FILE'),
  });
});

test('keys of another partition are shown to its own region', async () => {
  const { principal } = await loginOf({ ...keysOf('platform'), AWS_REGION: 'us-gov-west-1' }, '');
  expect(principal.region).toBe('us-gov-west-1');
});
