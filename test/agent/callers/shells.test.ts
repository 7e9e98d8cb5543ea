import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import { type Environment, systemClock } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { startAgent } from '../../support/start-agent.ts';
import { type Clouds, startClouds } from '../discovery/clouds.ts';

/** Two shells that use one agent: each gets credentials of its own variables, and none of the other's. */

const payments = '444455556666';
let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
});
afterEach(() => clouds.close());

async function openAgent(env: Environment = {}): Promise<Agent> {
  const managed = path.join(clouds.home, 'managed.yaml');
  const agent = await startAgent({
    env: { ...clouds.env, K8S_TUNNELS_MANAGED_CONFIG: managed, ...env },
    clock: systemClock,
  });
  onTestFinished(() => agent.close());
  agent.changeSettings({ awsRegions: ['eu-west-1'] });
  return agent;
}

/** A shell of the world with these variables, without those of the agent that it does not set. */
function shell(variables: Environment, cwd = clouds.home) {
  const { AWS_ENDPOINT_URL = '', VAULT_ADDR = '' } = clouds.env;
  const all = { AWS_ENDPOINT_URL, VAULT_ADDR, ...variables };
  const set = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return { cwd, variables: Object.fromEntries(set) as Record<string, string> };
}

function keysOf(profile: string): Environment {
  const account = clouds.plan.accounts.find((one) => one.profile === profile);
  return { AWS_ACCESS_KEY_ID: account?.accessKeyId, AWS_SECRET_ACCESS_KEY: account?.secretAccessKey };
}

function idOf(agent: Agent, name: string): string {
  return agent.snapshot().clusters.find((cluster) => cluster.name === name)?.id ?? `no ${name}`;
}

async function tokenOf(agent: Agent, asked: Parameters<Agent['credential']>[0]): Promise<string> {
  const { status } = (await agent.credential(asked)) as { readonly status: { readonly token: string } };
  return status.token;
}

/** The ARN that the cluster's API server sees. */
async function arnOf(agent: Agent, asked: Parameters<Agent['credential']>[0]): Promise<string> {
  const token = await tokenOf(agent, asked);
  const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
  const verdict = await clouds.aws.verifyPresigned(url, {
    'x-k8s-aws-id': asked.cluster.split('/').at(-1) ?? '',
  });
  return 'arn' in verdict ? verdict.arn : 'refused';
}

async function writeConfig(...lines: readonly string[]): Promise<void> {
  await writeFile(path.join(clouds.home, '.aws', 'config'), lines.join('\n'));
  await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
}

async function textOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (
    await Promise.all(files.map(({ parentPath, name }) => readFile(path.join(parentPath, name), 'utf8')))
  ).join();
}

describe('keys of AWS in one shell, as aws-vault exec sets them', () => {
  // A profile that cannot log in without the keys, as people with aws-vault have it.
  beforeEach(() =>
    writeConfig(
      '[profile payments]',
      `role_arn = arn:aws:iam::${payments}:role/Admin`,
      'source_profile = none',
    ),
  );

  test('find its clusters and sign for them; another shell and the window get nothing of them', async () => {
    const agent = await openAgent();
    const first = shell(keysOf('payments'));
    await agent.discover({ environment: first });
    const cluster = idOf(agent, 'payments-staging');
    expect(cluster).toContain(payments);
    expect(await arnOf(agent, { cluster, environment: first })).toBe(`arn:aws:iam::${payments}:user/ada`);
    expect(agent.snapshot().identities).toMatchObject([
      { cluster, used: 'The AWS environment', summary: expect.stringContaining('EKS access entry') },
    ]);
    const others = [undefined, shell({}), shell(keysOf('platform'))];
    for (const environment of others)
      await expect(agent.credential({ cluster, environment, browser: false })).rejects.toMatchObject({
        code: 'aws-no-profile',
      });
    // A run of the agent cannot see them, and they stay.
    await agent.discover();
    expect(agent.snapshot().clusters.find(({ id }) => id === cluster)).toMatchObject({ stale: false });
    expect(agent.snapshot().cells.filter(({ error, shell: own }) => own && error !== undefined)).toEqual([]);
  });

  test('are nowhere on disk, nor in what the agent shows', async () => {
    const agent = await openAgent();
    const keys = keysOf('payments');
    await agent.discover({ environment: shell(keys) });
    await agent.credential({ cluster: idOf(agent, 'payments-staging'), environment: shell(keys) });
    const shown = JSON.stringify([agent.snapshot(), agent.activity({})]);
    await agent.close();
    const { state, config } = pathsFrom({ ...clouds.env });
    const stored = `${await textOf(state)}${await textOf(config)}`;
    for (const secret of Object.values(keys)) {
      expect(shown).not.toContain(secret);
      expect(stored).not.toContain(secret);
    }
  });

  test('that AWS does not know are reported by their name', async () => {
    const agent = await openAgent();
    await agent.discover({ environment: shell(keysOf('payments')) });
    const cluster = idOf(agent, 'payments-staging');
    const bad = shell({ AWS_ACCESS_KEY_ID: 'AKIAGONE', AWS_SECRET_ACCESS_KEY: 'gone' });
    await expect(agent.credential({ cluster, environment: bad, browser: false })).rejects.toMatchObject({
      message: 'AWS does not know the access keys of the AWS environment.',
    });
  });
});

describe('AWS_PROFILE of a folder, as direnv sets it', () => {
  const { accounts } = { accounts: () => clouds.plan.accounts };
  beforeEach(() => {
    const base = accounts().find(({ profile }) => profile === 'platform');
    return writeConfig(
      '[profile base]',
      `aws_access_key_id = ${base?.accessKeyId}`,
      `aws_secret_access_key = ${base?.secretAccessKey}`,
      '[profile reader]',
      `role_arn = arn:aws:iam::${payments}:role/ViewOnly`,
      'source_profile = base',
      'region = eu-west-1',
      '[profile admin]',
      `role_arn = arn:aws:iam::${payments}:role/ClusterAdmin`,
      'source_profile = base',
      'region = eu-west-1',
    );
  });

  test('counts for what its shell asks, not for another shell or the window', async () => {
    const agent = await openAgent({ AWS_PROFILE: 'reader' });
    await agent.discover();
    const cluster = idOf(agent, 'payments-staging');
    const roleOf = async (environment?: ReturnType<typeof shell>) =>
      (await arnOf(agent, { cluster, environment })).split('/')[1];
    expect(await roleOf(shell({ AWS_PROFILE: 'admin' }))).toBe('ClusterAdmin');
    expect(await roleOf(shell({ AWS_PROFILE: 'reader' }))).toBe('ViewOnly');
    // Not that of the shell that started the agent.
    expect(await roleOf(shell({}))).toBe('ClusterAdmin');
    expect(await roleOf()).toBe('ViewOnly');
  });

  test('counts by the name that the AWS command line reads after it', async () => {
    const agent = await openAgent({ AWS_DEFAULT_PROFILE: 'reader' });
    await agent.discover();
    const cluster = idOf(agent, 'payments-staging');
    const roleOf = async (environment?: ReturnType<typeof shell>) =>
      (await arnOf(agent, { cluster, environment })).split('/')[1];
    expect(await roleOf()).toBe('ViewOnly');
    expect(await roleOf(shell({}))).toBe('ClusterAdmin');
    expect(await roleOf(shell({ AWS_DEFAULT_PROFILE: 'reader' }))).toBe('ViewOnly');
    expect(await roleOf(shell({ AWS_DEFAULT_PROFILE: 'reader', AWS_PROFILE: 'admin' }))).toBe('ClusterAdmin');
  });

  test('names a profile of the configuration file that the same folder names', async () => {
    const agent = await openAgent();
    await agent.discover();
    const cluster = idOf(agent, 'payments-staging');
    const folder = path.join(clouds.home, 'shop');
    await mkdir(folder);
    const keys = keysOf('payments');
    await writeFile(
      path.join(folder, 'aws.config'),
      [
        '[profile admin]',
        `aws_access_key_id = ${keys.AWS_ACCESS_KEY_ID}`,
        `aws_secret_access_key = ${keys.AWS_SECRET_ACCESS_KEY}`,
      ].join('\n'),
    );
    const variables = { AWS_PROFILE: 'admin', AWS_CONFIG_FILE: './aws.config' };
    expect(await arnOf(agent, { cluster, environment: shell(variables, folder) })).toBe(
      `arn:aws:iam::${payments}:user/ada`,
    );
    expect(await arnOf(agent, { cluster, environment: shell({ AWS_PROFILE: 'admin' }, folder) })).toContain(
      'ClusterAdmin',
    );
  });
});

test('VAULT_TOKEN of one shell reads its secrets; another shell and the window have none', async () => {
  await unlink(path.join(clouds.home, '.vault-token'));
  const agent = await openAgent();
  agent.changeSettings({ vaultMounts: [clouds.plan.vault.mount] });
  const first = shell({ VAULT_TOKEN: clouds.vault.token });
  await agent.discover();
  expect(agent.snapshot().clusters.filter(({ source }) => source === 'vault')).toEqual([]);
  const { failed } = await agent.discover({ environment: first });
  expect(failed.map(({ error }) => error?.code)).not.toContain('vault-no-token');
  const cluster = idOf(agent, 'depot-lyon');
  expect(await agent.credential({ cluster, environment: first })).toMatchObject({ kind: 'ExecCredential' });
  const byOpenBao = shell({ BAO_TOKEN: clouds.vault.token });
  expect(await agent.credential({ cluster, environment: byOpenBao })).toMatchObject({
    kind: 'ExecCredential',
  });
  for (const environment of [shell({}), undefined])
    await expect(agent.credential({ cluster, environment, browser: false })).rejects.toMatchObject({
      code: 'vault-no-token',
    });
  await agent.discover();
  expect(agent.snapshot().clusters.find(({ id }) => id === cluster)).toMatchObject({ stale: false });
});
