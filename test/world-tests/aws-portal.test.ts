import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  GetRoleCredentialsCommand,
  ListAccountsCommand,
  paginateListAccountRoles,
  paginateListAccounts,
  SSOClient,
} from '@aws-sdk/client-sso';
import { fromSSO } from '@aws-sdk/credential-providers';
import { execa, execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { writeAwsHome } from '../world/aws/home.ts';
import { type Aws, startAws } from '../world/aws/server.ts';
import { defaultPlan, type Plan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';
import { certificateAuthorityFor } from './aws-fixture.ts';

// IAM Identity Center, by clients that know nothing of the world but its address.

const research = '333344445555';
let traffic: Traffic;
let aws: Aws;
let home: string;
let plan: Plan;
beforeEach(async () => {
  traffic = new Traffic();
  plan = structuredClone(defaultPlan);
  aws = await startAws({
    get plan() {
      return plan;
    },
    traffic,
    kubeFacts: { certificateAuthorityFor },
  });
  home = await mkdtemp(path.join(tmpdir(), 'portal-'));
});
afterEach(async () => {
  await aws.close();
  await rm(home, { recursive: true });
});

const client = (maxAttempts = 1) => new SSOClient({ region: 'eu-central-1', endpoint: aws.url, maxAttempts });
const withProfile = async (seconds: number) => {
  const env = await writeAwsHome({ home, plan, url: aws.url, signIn: aws.signIn(seconds) });
  const lines = [
    '[profile research]',
    'sso_session = acme',
    `sso_account_id = ${research}`,
    'sso_role_name = ClusterReader',
    'region = us-west-2',
  ];
  await appendFile(path.join(home, '.aws', 'config'), `\n${lines.join('\n')}\n`);
  return env;
};

test('accounts and roles come in pages', async () => {
  const accounts = Array.from({ length: 230 }, (_, index) => ({
    id: String(500_000_000_000 + index),
    name: `account-${index}`,
    roles: [
      { name: 'a', eks: true },
      { name: 'b', eks: true },
    ],
  }));
  plan = { ...plan, identityCenter: { ...plan.identityCenter, accounts } };
  const { accessToken } = aws.signIn();
  const found: (string | undefined)[] = [];
  for await (const page of paginateListAccounts({ client: client() }, { accessToken })) {
    found.push(...(page.accountList ?? []).map(({ accountId }) => accountId));
  }
  expect(found).toEqual(accounts.map(({ id }) => id));
  const roles: (string | undefined)[] = [];
  const one = { accessToken, accountId: accounts[0]?.id };
  for await (const page of paginateListAccountRoles({ client: client(), pageSize: 1 }, one)) {
    roles.push(...(page.roleList ?? []).map(({ roleName }) => roleName));
  }
  expect(roles).toEqual(['a', 'b']);
  expect(traffic.served.map(({ operation }) => operation)).toEqual([
    ...Array(3).fill('ListAccounts'),
    ...Array(2).fill('ListAccountRoles'),
  ]);
});

test('refusals are those of the portal', async () => {
  const { accessToken } = aws.signIn();
  const credentials = (accountId: string, roleName: string, token = accessToken) =>
    client().send(new GetRoleCredentialsCommand({ accessToken: token, accountId, roleName }));
  const ended = aws.signIn(-1).accessToken;
  await expect(credentials(research, 'ClusterReader', ended)).rejects.toMatchObject({
    name: 'UnauthorizedException',
    $metadata: { httpStatusCode: 401 },
  });
  await expect(credentials(research, 'Nobody')).rejects.toMatchObject({ name: 'ForbiddenException' });
  await expect(credentials('999999999999', 'ClusterReader')).rejects.toMatchObject({
    name: 'ForbiddenException',
  });
  aws.signOut();
  await expect(credentials(research, 'ClusterReader')).rejects.toMatchObject({
    name: 'UnauthorizedException',
  });
});

test('more than twenty at once are throttled, and the SDK gets through with patience', async () => {
  const { accessToken } = aws.signIn();
  const burst = (attempts: number) => {
    const sso = client(attempts);
    return Promise.allSettled(
      Array.from({ length: 25 }, () => sso.send(new ListAccountsCommand({ accessToken }))),
    );
  };
  const impatient = (await burst(1)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  expect(impatient.length).toBeGreaterThan(0);
  for (const reason of impatient) expect(reason).toMatchObject({ name: 'TooManyRequestsException' });
  expect((await burst(8)).every(({ status }) => status === 'fulfilled')).toBe(true);
});

test('the SDK logs a profile in, and renews a token that has ended', async () => {
  const before = { ...process.env };
  onTestFinished(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, await withProfile(-60));
  const identity = await fromSSO({ profile: 'research', ignoreCache: true })();
  expect(identity.accessKeyId).toMatch(/^ASIA/);
  expect(traffic.served.map(({ operation }) => operation)).toEqual(['CreateToken', 'GetRoleCredentials']);
  const [file] = await cacheFiles();
  expect(Date.parse(JSON.parse(await readFile(file ?? '', 'utf8')).expiresAt)).toBeGreaterThan(Date.now());
});

async function cacheFiles(): Promise<readonly string[]> {
  const folder = path.join(home, '.aws', 'sso', 'cache');
  return (await readdir(folder)).map((name) => path.join(folder, name));
}

const installed = execaSync('aws', ['--version'], { reject: false }).exitCode === 0;

describe.skipIf(!installed)('the aws command', () => {
  test('renews the sign-in, lists what is granted, and works as the role', async () => {
    const env = await withProfile(-60);
    const run = async (command: string) => {
      const options = { env: { ...env, PATH: process.env.PATH }, extendEnv: false };
      const { stdout } = await execa('aws', ['--profile', 'research', ...command.split(' ')], options);
      return JSON.parse(stdout);
    };
    expect((await run('eks list-clusters')).clusters).toEqual(['notebooks']);
    expect(traffic.count('sso-oidc', 'CreateToken')).toBe(1);
    const { accessToken } = aws.signIn();
    const { accountList } = await run(`sso list-accounts --access-token ${accessToken}`);
    expect(accountList).toHaveLength(2);
    const regions = await run('account list-regions --region us-east-1');
    expect(regions.Regions).toContainEqual({
      RegionName: 'us-east-1',
      RegionOptStatus: 'ENABLED_BY_DEFAULT',
    });
  });
});
