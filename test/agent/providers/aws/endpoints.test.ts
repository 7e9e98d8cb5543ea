import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { awsClientSettings } from '../../../../main/agent/providers/aws/clients.ts';
import { createEksSource } from '../../../../main/agent/providers/aws/eks.ts';
import { type Clouds, discoverOnce, startClouds } from '../../discovery/clouds.ts';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
  await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
});
afterEach(() => clouds.close());

const write = (...lines: readonly string[]) =>
  writeFile(path.join(clouds.home, '.aws', 'config'), lines.join('\n'));

/** Without the variables that lead to the world. */
function ways() {
  const env = Object.entries(clouds.env).filter(([name]) => !name.startsWith('AWS_ENDPOINT_URL'));
  return clouds.ways({ env: Object.fromEntries(env) });
}

async function endpointsOf(env: Readonly<Record<string, string>> = {}) {
  const [principal] = (await ways().configuration()).profiles;
  const ask = (service: 'EKS' | 'STS') =>
    awsClientSettings({ env, network: clouds.network, principal, service });
  const of = (settings: object) => ('endpoint' in settings ? settings.endpoint : undefined);
  return { eks: of(await ask('EKS')), sts: of(await ask('STS')) };
}

const services = ['[services vpc]', 'eks =', '  endpoint_url = https://eks.vpc', '  region = a'];

test('those of a services section come before that of the profile, and after the variables', async () => {
  await write(
    '[profile shop]',
    'credential_process = a',
    'endpoint_url = https://all',
    'services = vpc',
    ...services,
  );
  expect(await endpointsOf()).toEqual({ eks: 'https://eks.vpc', sts: 'https://all' });
  expect(await endpointsOf({ AWS_ENDPOINT_URL_EKS: 'https://env' })).toEqual({
    eks: 'https://env',
    sts: 'https://all',
  });
});

test('a profile that ignores them, or names no section, has none', async () => {
  await write(
    ...['[profile shop]', 'credential_process = a', 'services = vpc', 'endpoint_url = https://all'],
    'ignore_configured_endpoint_urls = TRUE',
    ...services,
  );
  expect(await endpointsOf()).toEqual({ eks: undefined, sts: undefined });
  await write('[profile shop]', 'credential_process = a', 'services = other', ...services);
  expect(await endpointsOf()).toEqual({ eks: undefined, sts: undefined });
});

test('a role is assumed, and its clusters are read, at the endpoints of its profile', async () => {
  const account = clouds.plan.accounts.find(({ profile }) => profile === 'platform');
  const { url } = clouds.aws;
  await write(
    '[profile base]',
    `aws_access_key_id = ${account?.accessKeyId}`,
    `aws_secret_access_key = ${account?.secretAccessKey}`,
    'services = world',
    'region = eu-west-1',
    '[profile shop]',
    'role_arn = arn:aws:iam::444455556666:role/Reader',
    'source_profile = base',
    'services = world',
    'region = eu-west-1',
    ...['[services world]', 'sts =', `  endpoint_url = ${url}`, 'eks =', `  endpoint_url = ${url}`],
  );
  const { clusters } = await discoverOnce(createEksSource({ aws: ways(), regions: ['eu-west-1'] }));
  expect(clusters.map(({ account: id }) => id)).toContain('444455556666');
});
