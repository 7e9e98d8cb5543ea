import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAwsAccounts } from '../../../../main/agent/providers/aws/accounts.ts';
import { createEksSource } from '../../../../main/agent/providers/aws/eks.ts';
import { type Clouds, discoverOnce, startClouds } from '../../discovery/clouds.ts';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
  await mkdir(path.join(clouds.home, '.aws'), { recursive: true });
  await write({ config: '', credentials: '' });
});
afterEach(() => clouds.close());

async function write(files: { readonly config?: string | Buffer; readonly credentials?: string | Buffer }) {
  for (const [name, text] of Object.entries(files))
    await writeFile(path.join(clouds.home, '.aws', name), text);
}

async function names(): Promise<readonly string[]> {
  const { profiles } = await clouds.ways().configuration();
  return profiles.map(({ title }) => title.replace('AWS profile ', ''));
}

const keysOf = (profile: string) => {
  const account = clouds.plan.accounts.find((one) => one.profile === profile);
  if (account === undefined) throw new Error(`no ${profile}`);
  return account;
};

test.each([
  ['[profile "My Account"]', 'My Account'],
  ["[profile 'My Account']", 'My Account'],
  ['[profile My Account:ReadOnly]', 'My Account:ReadOnly'],
  ['[profile Zürich]', 'Zürich'],
  ['[profile payments(eu),ops]', 'payments(eu),ops'],
  ['[profile  payments]', 'payments'],
  ['[ profile payments ]', 'payments'],
  ['[profile\tpayments] # of the team', 'payments'],
  ['[profile payments.Admin@acme/eu]', 'payments.Admin@acme/eu'],
])('%s is the profile %s', async (header, name) => {
  await write({ config: `${header}\ncredential_process = /bin/false\n` });
  expect(await names()).toEqual([name]);
});

test('a profile with a space in its name logs in, with its keys in capitals', async () => {
  const { id, accessKeyId, secretAccessKey } = keysOf('payments');
  await write({
    config: '[profile "Team Payments"]\nREGION = eu-west-1\n',
    credentials: `[Team Payments]\nAWS_ACCESS_KEY_ID = ${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`,
  });
  const aws = clouds.ways();
  const [principal] = (await aws.configuration()).profiles;
  if (principal === undefined) throw new Error('no profile');
  const login = { principal, credentials: await aws.credentials.get(principal) };
  expect(await createAwsAccounts(aws).identify(login, new AbortController().signal)).toBe(id);
  expect(principal.region).toBe('eu-west-1');
  const { clusters } = await discoverOnce(createEksSource({ aws, regions: ['eu-west-1'] }));
  expect(clusters).not.toEqual([]);
});

test.each(['utf-8', 'utf-16le'] as const)('a byte order mark hides no section in %s', async (encoding) => {
  const text = '\uFEFF[default]\r\naws_access_key_id = AKIA\r\naws_secret_access_key = secret\r\n';
  await write({ credentials: Buffer.from(text, encoding) });
  expect(await names()).toEqual(['default']);
});

test('a session has a name in quotes, and keys in any case', async () => {
  await write({
    config: '[sso-session "my corp"]\nSSO_Start_URL = https://corp.example/start\nsso_region = eu-west-1\n',
  });
  const { sessions } = await clouds.ways().configuration();
  expect(sessions).toMatchObject([{ name: 'my corp', startUrl: 'https://corp.example/start' }]);
});

test('sections of one name add up, and the credentials file comes first', async () => {
  await write({
    config: [
      '[profile payments]',
      'region = eu-west-1',
      's3 =',
      '  region = us-east-1',
      '[profile other]',
      '[profile payments]',
      'aws_access_key_id = AKIAOLD',
      '__proto__ = nothing',
    ].join('\n'),
    credentials: '[payments]\naws_access_key_id = AKIANEW ; of May\naws_secret_access_key = a#b;c=\n',
  });
  const aws = clouds.ways();
  const [principal] = (await aws.configuration()).profiles;
  expect(principal).toMatchObject({ region: 'eu-west-1', title: 'AWS profile payments' });
  expect(principal && (await aws.credentials.get(principal))).toEqual({
    accessKeyId: 'AKIANEW',
    secretAccessKey: 'a#b;c=',
  });
});

test('a header of the credentials file is the whole name of its profile', async () => {
  await write({ credentials: '[profile payments]\naws_access_key_id = A\naws_secret_access_key = b\n' });
  expect(await names()).toEqual(['profile payments']);
});

test('what the AWS command line takes for no profile is none', async () => {
  await write({
    config: '[payments]\ncredential_process = a\n[services lab]\neks =\n  endpoint_url = http://a\n',
  });
  expect(await names()).toEqual([]);
});
