import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import type { CommandLine } from '../world/demo/command-line.ts';
import type { World } from '../world/world.ts';
import { eachInWorld } from './world-fixture.ts';

// Shells with different variables share one agent.

const exec = promisify(execFile);
const payments = '444455556666';
let world: World;
let commandLine: CommandLine;
eachInWorld((started) => {
  ({ world, commandLine } = started);
});

/** Runs `k8s-tunnels … --json` in a shell with these variables too. */
async function inShell<T>(
  variables: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<T> {
  const env = { ...commandLine.env, ...variables };
  const { stdout } = await exec(path.join(commandLine.bin, 'k8s-tunnels'), [...args, '--json'], {
    env,
    cwd: world.home,
  });
  return JSON.parse(stdout) as T;
}

async function roleIn(variables: Readonly<Record<string, string>>, cluster: string): Promise<string> {
  const { status } = await inShell<{ status: { token: string } }>(variables, 'credential', cluster);
  const url = new URL(Buffer.from(status.token.slice('k8s-aws-v1.'.length), 'base64url').toString());
  const verdict = await world.aws.verifyPresigned(url, { 'x-k8s-aws-id': cluster.split('/').at(-1) ?? '' });
  return 'arn' in verdict ? (verdict.arn.split('/')[1] ?? '') : 'refused';
}

async function storedText(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFile(path.join(parentPath, name), 'utf8'));
  return (await Promise.all(texts)).join();
}

test('each shell gets the credentials of its own variables, and the agent none of their secrets', async () => {
  const base = world.plan.accounts.find(({ profile }) => profile === 'platform');
  const role = (name: string) => [
    `[profile ${name}]`,
    `role_arn = arn:aws:iam::${payments}:role/${name}`,
    'source_profile = base',
    'region = eu-west-1',
  ];
  const lines = [
    '[profile base]',
    `aws_access_key_id = ${base?.accessKeyId}`,
    `aws_secret_access_key = ${base?.secretAccessKey}`,
    'region = eu-west-1',
    ...role('ViewOnly'),
    ...role('ClusterAdmin'),
  ];
  await writeFile(path.join(world.home, '.aws', 'config'), lines.join('\n'));
  await writeFile(path.join(world.home, '.aws', 'credentials'), '');
  const user = world.plan.accounts.find(({ id }) => id === payments);
  // As `aws-vault exec` sets them; this shell starts the agent.
  const keys = {
    AWS_ACCESS_KEY_ID: user?.accessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: user?.secretAccessKey ?? '',
    AWS_PROFILE: 'ViewOnly',
  };
  await inShell(keys, 'settings', 'awsRegions', 'eu-west-1');
  await inShell(keys, 'discover');
  const { clusters } = await inShell<{ clusters: { id: string; name: string }[] }>(keys, 'list');
  const cluster = clusters.find(({ name }) => name === 'payments-staging')?.id ?? 'none';
  expect(await roleIn(keys, cluster)).toBe('ada');
  expect(await roleIn({ AWS_PROFILE: 'ClusterAdmin' }, cluster)).toBe('ClusterAdmin');
  expect(await roleIn({ AWS_PROFILE: 'ViewOnly' }, cluster)).toBe('ViewOnly');
  expect(await roleIn({}, cluster)).toBe('ClusterAdmin');

  const { agent, identities } = await inShell<Output<'snapshot'>>({}, 'status');
  expect(agent.variables).toMatchObject({ AWS_PROFILE: 'ViewOnly' });
  expect(identities).toMatchObject([{ cluster, used: 'AWS profile ClusterAdmin' }]);
  const { state, config } = pathsFrom(commandLine.env);
  const environment =
    process.platform === 'linux' ? await readFile(`/proc/${agent.pid}/environ`, 'utf8') : '';
  for (const text of [environment, await storedText(state), await storedText(config)])
    expect(text).not.toContain(keys.AWS_SECRET_ACCESS_KEY);
});
