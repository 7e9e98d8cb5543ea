import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import type { CommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import type { World } from '../world/world.ts';
import { eachInWorld } from './world-fixture.ts';

let world: World;
let commandLine: CommandLine;

eachInWorld((started) => {
  ({ world, commandLine } = started);
});

const connect = async (name: string) =>
  (await commandLine.tunnels<Output<'connect'>>('connect', name, '--add')).results[0];

test('AKS clusters answer kubectl through their tunnels: by a token of Entra, and by a client certificate', async () => {
  const kube = createKubeClient(commandLine);
  for (const name of ['loyalty-staging', 'partner-edge', 'loyalty-prod']) {
    expect(await connect(name)).toMatchObject({ status: 'connected', title: name });
    expect(await kube.namespaces(name)).toContain(name);
  }
  const config = await readFile(world.env.KUBECONFIG ?? '', 'utf8');
  expect(config).not.toContain('client-certificate-data');
});

test('the authority is fetched at the first connect only: a refresh keeps it', async () => {
  await connect('loyalty-staging');
  await commandLine.tunnels('disconnect', '--all');
  await commandLine.tunnels('discover');
  expect(await connect('loyalty-staging')).toMatchObject({ status: 'connected' });
  const fetched = world.traffic.served.filter(({ operation }) => operation === 'listClusterUserCredential');
  expect(fetched.filter(({ scope }) => scope.endsWith('loyalty-staging'))).toHaveLength(1);
});

test('an authority that was renewed since it was read is fetched anew', async () => {
  await connect('loyalty-staging');
  await commandLine.tunnels('disconnect', '--all');
  await commandLine.stop();
  const folder = path.join(world.home, '.local', 'state', 'k8s-tunnels', 'catalog');
  const authority = (name: string) => Buffer.from(world.api(name).authority.certificate).toString('base64');
  const files = (await readdir(folder)).map((name) => path.join(folder, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const at = texts.findIndex((text) => text.includes(authority('loyalty-staging')));
  const changed = texts[at]?.replaceAll(authority('loyalty-staging'), authority('loyalty-prod'));
  await writeFile(files[at] ?? '', changed ?? '');
  expect(await connect('loyalty-staging')).toMatchObject({ status: 'connected' });
  expect(await createKubeClient(commandLine).namespaces('loyalty-staging')).toContain('loyalty-staging');
});

test('an ended sign-in to Azure is told at connect, with the command that mends it', async () => {
  await commandLine.tunnels('discover');
  world.azure.tokens.challenge(world.plan.azure.tenants[1]?.id ?? '');
  const { code, stdout } = await commandLine.run('k8s-tunnels', ['connect', 'partner-edge', '--json']);
  const { results } = JSON.parse(stdout) as Output<'connect'>;
  expect(results[0]).toMatchObject({
    status: 'failed',
    error: { code: 'azure-session-expired', hint: expect.stringContaining('az login --tenant') },
  });
  expect(code).toBe(3);
  expect(await readFile(path.join(world.home, '.kube', 'config'), 'utf8').catch(() => '')).toBe('');
});
