import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEksSource } from '../../../../main/agent/providers/aws/eks.ts';
import { type Clouds, discoverOnce, resultAt, startClouds } from '../../discovery/clouds.ts';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
});
afterEach(() => clouds.close());

async function failureOf(profile: string, lines: readonly string[]) {
  await writeFile(path.join(clouds.home, '.aws', 'config'), lines.join('\n'));
  await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
  const { results } = await discoverOnce(createEksSource({ aws: clouds.ways(), regions: ['eu-west-1'] }));
  return resultAt(results, `profile:${profile}`, '*');
}

const role = 'role_arn = arn:aws:iam::444455556666:role/Reader';

test.each([
  [
    'a source profile that is not there',
    ['[profile shop]', role, 'source_profile = base'],
    'AWS profile shop has the source_profile base, which does not exist.',
    'add the section [profile base]',
  ],
  [
    'a source profile without a login',
    ['[profile shop]', role, 'source_profile = base', '[profile base]', 'region = eu-west-1'],
    'AWS profile base, from which AWS profile shop goes on, has nothing to log in with.',
    'its credential_process',
  ],
  [
    'source profiles in a circle',
    ['[profile shop]', role, 'source_profile = base', '[profile base]', role, 'source_profile = shop'],
    'AWS profile base, from which AWS profile shop goes on, has the source_profile shop, which leads back to it.',
    'Correct source_profile',
  ],
  [
    'a role without anybody who assumes it',
    ['[profile shop]', role, 'aws_access_key_id = AKIA', 'aws_secret_access_key = secret'],
    'AWS profile shop has a role_arn, but nothing to assume the role with.',
    'Add source_profile, credential_source',
  ],
  [
    'two who assume a role',
    ['[profile shop]', role, 'source_profile = shop', 'credential_source = Environment'],
    'AWS profile shop has both source_profile and credential_source.',
    'Remove one of them',
  ],
  [
    'a source of credentials that AWS does not know',
    ['[profile shop]', role, 'credential_source = Env'],
    'AWS profile shop has the credential_source Env.',
    'Write Environment, Ec2InstanceMetadata, EcsContainer',
  ],
  [
    'a session that is not there',
    ['[profile shop]', 'sso_session = corp', 'sso_account_id = 444455556666', 'sso_role_name = Reader'],
    'AWS profile shop has the sso_session corp, which does not exist.',
    'add the section [sso-session corp]',
  ],
  [
    'a session without its region',
    ['[profile shop]', 'sso_start_url = https://a.example', 'sso_account_id = 1', 'sso_role_name = Reader'],
    'AWS profile shop has sso_start_url without sso_region.',
    'Add sso_region',
  ],
  [
    'an account without a role',
    [
      '[sso-session corp]',
      'sso_start_url = https://a.example',
      'sso_region = eu-west-1',
      '[profile shop]',
      'sso_session = corp',
      'sso_account_id = 444455556666',
    ],
    'AWS profile shop has the sso_session corp without sso_role_name.',
    'Add sso_role_name',
  ],
  [
    'half of a key',
    ['[profile shop]', 'aws_access_key_id = AKIA'],
    'AWS profile shop has aws_access_key_id without aws_secret_access_key.',
    'Add aws_secret_access_key',
  ],
  [
    'a web identity without a role',
    ['[profile shop]', 'web_identity_token_file = /tmp/token'],
    'AWS profile shop has web_identity_token_file without role_arn.',
    'Add role_arn',
  ],
])('%s is named, with its file', async (_, lines, message, hint) => {
  expect(await failureOf('shop', lines)).toMatchObject({ error: { code: 'aws-failed', message } });
  expect(await failureOf('shop', lines)).toMatchObject({ error: { hint: expect.stringContaining(hint) } });
  expect(await failureOf('shop', lines)).toMatchObject({
    error: { hint: expect.stringContaining(path.join(clouds.home, '.aws', 'config')) },
  });
});

test('a web identity token that is not there is a file that cannot be read', async () => {
  const file = path.join(clouds.home, 'token');
  const lines = ['[profile shop]', role, `web_identity_token_file = ${file}`, 'region = eu-west-1'];
  expect(await failureOf('shop', lines)).toMatchObject({
    error: { code: 'file-unreadable', message: expect.stringContaining(file) },
  });
});

test('a profile that only names a session is no way into an account', async () => {
  const { startUrl, region } = clouds.plan.identityCenter;
  const lines = ['[profile portal]', `sso_start_url = ${startUrl}`, `sso_region = ${region}`];
  expect(await failureOf('portal', lines)).toBeUndefined();
  expect((await clouds.ways().configuration()).sessions).toMatchObject([{ startUrl }]);
});
