import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import type { Aws } from '../../../../main/agent/providers/aws/aws.ts';
import { createEksSource } from '../../../../main/agent/providers/aws/eks.ts';
import { createAwsLogin } from '../../../../main/agent/providers/aws/login.ts';
import { withMfa } from '../../../../main/agent/providers/aws/mfa-login.ts';
import { credentialsOf } from '../../credentials/credentials-of.ts';
import { type Clouds, discoverOnce, resultAt, startClouds } from '../../discovery/clouds.ts';

const payments = '444455556666';
const sandbox = '222233334444';
let clouds: Clouds;
let serial: string;
beforeEach(async () => {
  clouds = await startClouds();
  const user = clouds.plan.accounts.find(({ profile }) => profile === 'platform');
  serial = `arn:aws:iam::${user?.id}:mfa/ada`;
  const role = (name: string, account: string) => [
    `[profile ${name}]`,
    `role_arn = arn:aws:iam::${account}:role/Mfa-${name}`,
    'source_profile = user',
    `mfa_serial = ${serial}`,
    // Longer than AWS allows with the session of a code.
    'duration_seconds = 43200',
    'region = eu-west-1',
  ];
  const lines = [
    '[profile user]',
    `aws_access_key_id = ${user?.accessKeyId}`,
    `aws_secret_access_key = ${user?.secretAccessKey}`,
    'region = eu-west-1',
    ...role('shop', payments),
    ...role('lab', sandbox),
  ];
  await writeFile(path.join(clouds.home, '.aws', 'config'), lines.join('\n'));
  await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
});
afterEach(() => clouds.close());

const signIn = (aws: Aws, code: string, clock = systemClock) =>
  withMfa(createAwsLogin(aws), { ...aws, clock }).signIn({
    session: serial,
    signal: new AbortController().signal,
    deviceCode: false,
    password: { username: serial, password: code },
    onUrl: () => Promise.reject(new Error('no browser is needed')),
    onDeviceCode() {},
  });

test('one code of a device serves every profile that asks for it', async () => {
  const aws = clouds.ways();
  const source = createEksSource({ aws, regions: ['eu-west-1'] });
  const before = await discoverOnce(source);
  for (const profile of ['shop', 'lab'])
    expect(resultAt(before.results, `profile:${profile}`, '*')).toMatchObject({
      error: {
        code: 'aws-session-expired',
        message: `AWS profile ${profile} needs a code of your MFA device ${serial}.`,
        hint: expect.stringContaining(`k8s-tunnels login aws ${serial}`),
      },
    });
  const login = withMfa(createAwsLogin(aws), aws);
  const account = { provider: 'aws', session: serial, asks: 'code' };
  expect((await login.accounts()).filter(({ session }) => session === serial)).toMatchObject([
    { ...account, status: 'signed-out', needed: true },
  ]);

  await signIn(aws, '111111');
  const { clusters } = await discoverOnce(source);
  expect(clusters.map(({ account: id }) => id)).toEqual(expect.arrayContaining([payments, sandbox]));
  expect(clouds.traffic.count('sts', 'GetSessionToken')).toBe(1);
  expect((await login.accounts()).filter(({ session }) => session === serial)).toMatchObject([
    { ...account, status: 'signed-in', endsAt: expect.any(Number) },
  ]);
  const credentials = credentialsOf({ clock: systemClock, ...clouds, aws });
  const cluster = clusters.find(({ name }) => name === 'payments-staging');
  if (cluster === undefined) throw new Error('not found');
  expect(await credentials.get(cluster)).toMatchObject({ identity: { used: 'AWS profile shop' } });

  expect((await login.signOut(serial)).removed).toEqual([`The session of the MFA device ${serial}.`]);
  await expect(credentials.get(cluster)).rejects.toMatchObject({ code: 'aws-session-expired' });
});

test('a wrong code, or one that was used, says that the next one is needed', async () => {
  const aws = clouds.ways();
  const refused = { code: 'login-failed', hint: expect.stringContaining('next code') };
  await expect(signIn(aws, '999999')).rejects.toMatchObject(refused);
  await signIn(aws, '222222');
  await expect(signIn(aws, '222222')).rejects.toMatchObject(refused);
});

test('a session that is about to end is asked for again', async () => {
  const late = { ...systemClock, now: () => Date.now() + 3_500_000 };
  const aws = clouds.ways();
  await signIn(aws, '333333');
  const login = withMfa(createAwsLogin(aws), { ...aws, clock: late });
  expect((await login.accounts()).filter(({ session }) => session === serial)).toMatchObject([
    { status: 'signed-out', needed: true },
  ]);
});

test('a role that a profile assumes with its own keys takes the code of its device', async () => {
  const user = clouds.plan.accounts.find(({ profile }) => profile === 'platform');
  await writeFile(
    path.join(clouds.home, '.aws', 'config'),
    [
      '[profile shop]',
      `aws_access_key_id = ${user?.accessKeyId}`,
      `aws_secret_access_key = ${user?.secretAccessKey}`,
      `role_arn = arn:aws:iam::${payments}:role/Mfa-shop`,
      'source_profile = shop',
      `mfa_serial = ${serial}`,
      'region = eu-west-1',
    ].join('\n'),
  );
  const aws = clouds.ways();
  await signIn(aws, '111111');
  const { clusters } = await discoverOnce(createEksSource({ aws, regions: ['eu-west-1'] }));
  expect(clusters.map(({ account: id }) => id)).toContain(payments);
});
