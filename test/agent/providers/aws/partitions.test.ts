import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEksSource } from '../../../../main/agent/providers/aws/eks.ts';
import { createEksToken } from '../../../../main/agent/providers/aws/eks-token.ts';
import { awsConfiguration } from '../../../../main/agent/providers/aws/profiles.ts';
import { awsPartitions, regionsFor } from '../../../../main/agent/providers/aws/regions.ts';
import { type Clouds, discoverOnce, startClouds } from '../../discovery/clouds.ts';

const payments = '444455556666';
const separate = awsPartitions.filter(({ id }) => id !== 'aws');

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
});
afterEach(() => clouds.close());

const configure = (...lines: readonly string[]) =>
  writeFile(path.join(clouds.home, '.aws', 'config'), lines.join('\n'));
const keysOf = (profile: string) => {
  const found = clouds.plan.accounts.find((account) => account.profile === profile);
  return [`aws_access_key_id = ${found?.accessKeyId}`, `aws_secret_access_key = ${found?.secretAccessKey}`];
};

describe.each(separate.map(({ id, dnsSuffix, regions }) => [id, dnsSuffix, regions] as const))(
  'an account of %s',
  (_, dnsSuffix, regions) => {
    const [region = ''] = regions;

    test('is read in its own regions, and never in those of another partition', async () => {
      await configure('[profile secret]', ...keysOf('payments'), `region = ${region}`);
      await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
      const { results } = await discoverOnce(createEksSource({ aws: clouds.ways() }));
      expect(results.map(({ cell }) => cell.region).sort()).toEqual([...regions].sort());
      expect(new Set(results.map(({ cell }) => cell.account))).toEqual(new Set([payments]));
      // It has no regions to opt in to, and its keys are unknown to the commercial service that would list them.
      expect(clouds.traffic.count('account')).toBe(0);
    });

    test('gets a token of its own STS, which the cluster accepts', async () => {
      const [account] = clouds.plan.accounts;
      if (account === undefined) throw new Error('the plan has no account');
      const { token } = await createEksToken({
        cluster: 'payments-staging',
        region,
        identity: account,
        now: Date.now(),
      });
      const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
      expect(url.host).toBe(`sts.${region}.${dnsSuffix}`);
      const headers = { 'x-k8s-aws-id': 'payments-staging' };
      expect(await clouds.aws.verifyPresigned(url, headers)).toMatchObject({ status: 'verified' });
    });
  },
);

test('a role without a region asks the STS of the partition in its ARN', async () => {
  await configure(
    '[profile base]',
    ...keysOf('payments'),
    '[profile gov]',
    'role_arn = arn:aws-us-gov:iam::444455556666:role/Reader',
    'source_profile = base',
    '[profile sovereign]',
    'role_arn = arn:aws-eusc:iam::444455556666:role/Reader',
    'source_profile = there',
    '[profile there]',
    ...keysOf('payments'),
    'region = eusc-de-east-1',
  );
  const { profiles } = await awsConfiguration(clouds.ways());
  const regions = Object.fromEntries(
    profiles.map(({ way, region }) => [way.kind === 'profile' ? way.name : '', region]),
  );
  expect(regions).toMatchObject({ base: undefined, gov: 'us-gov-west-1', sovereign: 'eusc-de-east-1' });
});

test('a role of Identity Center without a region of its own is read in the partition of the portal', async () => {
  await configure(
    '[sso-session sovereign]',
    'sso_start_url = https://sovereign.example/start',
    'sso_region = eusc-de-east-1',
    '[profile sovereign]',
    'sso_session = sovereign',
    'sso_account_id = 444455556666',
    'sso_role_name = Reader',
  );
  const { profiles } = await awsConfiguration(clouds.ways());
  expect(profiles).toContainEqual(
    expect.objectContaining({
      way: { kind: 'profile', name: 'sovereign' },
      region: 'eusc-de-east-1',
    }),
  );
});

test('the setting counts in the partition of the account', () => {
  const setting = ['eu-west-1', 'us-gov-east-1', 'eusc-de-east-1'];
  const regionsAt = (home: string | undefined) => regionsFor({ setting, home, named: [] });
  expect(regionsAt('us-gov-west-1')).toEqual(['us-gov-east-1']);
  expect(regionsAt('eusc-de-east-1')).toEqual(['eusc-de-east-1']);
  expect(regionsAt('us-east-1')).toEqual(['eu-west-1']);
  expect(regionsAt(undefined)).toEqual(['eu-west-1']);
});
