import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import { createEksSource } from '../../../../main/agent/providers/aws/eks.ts';
import type { AwsOrganisation } from '../../../../main/agent/providers/aws/profiles.ts';
import { credentialsOf } from '../../credentials/credentials-of.ts';
import { type Clouds, discoverOnce, startClouds } from '../../discovery/clouds.ts';

const payments = '444455556666';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
  const keys = clouds.plan.accounts.find(({ profile }) => profile === 'platform');
  const lines = [
    '[profile base]',
    `aws_access_key_id = ${keys?.accessKeyId}`,
    `aws_secret_access_key = ${keys?.secretAccessKey}`,
    'region = eu-west-1',
    '[profile a-readonly]',
    `role_arn = arn:aws:iam::${payments}:role/ViewOnly`,
    'source_profile = base',
    'region = eu-west-1',
    '[profile b-cluster-admin]',
    `role_arn = arn:aws:iam::${payments}:role/ClusterAdmin`,
    'source_profile = base',
    'region = eu-west-1',
    // Reaches the account, and says nothing of Kubernetes.
    '[profile c-billing]',
    `role_arn = arn:aws:iam::${payments}:role/Billing`,
    'source_profile = base',
    'region = eu-west-1',
  ];
  await writeFile(path.join(clouds.home, '.aws', 'config'), lines.join('\n'));
  await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
});
afterEach(() => clouds.close());

/** Whose token a cluster of the account gets, by the ARN that its API server sees, and what is shown about it. */
async function signIn(options: {
  readonly tag?: string;
  readonly variable?: string;
  readonly organisation?: Partial<AwsOrganisation>;
}) {
  const { tag, variable, organisation } = options;
  const env = variable === undefined ? clouds.env : { ...clouds.env, AWS_PROFILE: variable };
  const aws = clouds.ways({ env, organisation: () => ({ portals: [], roles: [], ...organisation }) });
  const planned = clouds.plan.eks.find(({ name }) => name === 'payments-staging');
  if (planned === undefined) throw new Error('no cluster');
  if (tag !== undefined) planned.tags = { ...planned.tags, 'k8s-tunnels-role': tag };
  const { clusters } = await discoverOnce(createEksSource({ aws, regions: ['eu-west-1'] }));
  const cluster = clusters.find(({ name }) => name === planned.name);
  if (cluster === undefined) throw new Error('not found');
  const { home, network } = clouds;
  const credentials = credentialsOf({ clock: systemClock, network, env, home, aws });
  const credential = await credentials.get(cluster);
  if (credential.kind !== 'token') throw new Error('not a token');
  const url = new URL(Buffer.from(credential.token.slice('k8s-aws-v1.'.length), 'base64url').toString());
  const verdict = await clouds.aws.verifyPresigned(url, { 'x-k8s-aws-id': cluster.name });
  const [, role] = /assumed-role\/([^/]+)\//.exec('arn' in verdict ? verdict.arn : '') ?? [];
  return { role, identity: credentials.identityOf(cluster.id) };
}

describe('several roles of one account', () => {
  test('without a choice, the likeliest signs whatever the order of the file, and the others are named', async () => {
    const { role, identity } = await signIn({});
    expect(role).toBe('ClusterAdmin');
    expect(identity).toMatchObject({
      used: 'AWS profile b-cluster-admin',
      others: ['AWS profile a-readonly', 'AWS profile c-billing'],
      grants: expect.stringMatching(/EKS access entry.*aws-auth/),
      choose: expect.stringMatching(/awsRoles.*k8s-tunnels-role/),
      choice: { setting: 'awsRoles', names: ['b-cluster-admin', 'a-readonly', 'c-billing'] },
    });
  });

  test.each([
    [
      'the setting by the name of a profile',
      { organisation: { chosen: { [payments]: 'c-billing' } } },
      'Billing',
    ],
    [
      'the setting by the name of a role',
      { organisation: { chosen: { [payments]: 'ViewOnly' } } },
      'ViewOnly',
    ],
    ['the tag', { tag: 'ViewOnly' }, 'ViewOnly'],
    ['AWS_PROFILE', { variable: 'a-readonly' }, 'ViewOnly'],
    ["the organisation's roles", { organisation: { roles: ['Nobody', 'Billing'] } }, 'Billing'],
    [
      'the setting before the tag',
      { tag: 'ViewOnly', organisation: { chosen: { [payments]: 'Billing' } } },
      'Billing',
    ],
    ['the tag before AWS_PROFILE', { tag: 'Billing', variable: 'a-readonly' }, 'Billing'],
    ['no AWS_PROFILE of another account', { variable: 'base' }, 'ClusterAdmin'],
  ] as const)('are chosen by %s', async (_, options, role) => {
    expect((await signIn(options)).role).toBe(role);
  });

  test('a choice that names none says who chose, and what there is', async () => {
    await expect(signIn({ tag: 'Superuser' })).rejects.toMatchObject({
      code: 'aws-no-profile',
      message: expect.stringMatching(/called Superuser, which the tag role of the cluster names/),
      hint: expect.stringContaining('AWS profile b-cluster-admin'),
    });
    await expect(signIn({ organisation: { chosen: { [payments]: 'Gone' } } })).rejects.toMatchObject({
      message: expect.stringContaining('the setting awsRoles names'),
    });
  });

  test('an AWS_PROFILE that does not exist lets no other identity sign', async () => {
    await expect(signIn({ variable: 'b-cluster-amdin' })).rejects.toMatchObject({
      code: 'aws-no-profile',
      message: 'AWS_PROFILE names the profile b-cluster-amdin, which does not exist.',
      hint: 'Correct or unset AWS_PROFILE. There is: a-readonly, b-cluster-admin, base, c-billing.',
    });
    expect((await signIn({ variable: 'default' })).role).toBe('ClusterAdmin');
    expect((await signIn({ variable: 'b-cluster-amdin', tag: 'ViewOnly' })).role).toBe('ViewOnly');
  });
});
