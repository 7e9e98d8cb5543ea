import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import type { CommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { clustersOf } from '../world/plan.ts';
import type { Service } from '../world/traffic.ts';
import type { World } from '../world/world.ts';
import { eachInWorld } from './world-fixture.ts';

const own =
  '# mine\napiVersion: v1\nkind: Config\ncontexts: []\nclusters: []\nusers: []\ncurrent-context: ""\n';
const pair = ['payments-staging-eu', 'search-staging'] as const;

let world: World;
let commandLine: CommandLine;

eachInWorld(
  (started) => {
    ({ world, commandLine } = started);
  },
  { kubeconfig: own },
);

const kubeconfig = () => readFile(path.join(world.home, '.kube', 'config'), 'utf8');
const status = () => commandLine.tunnels<Output<'snapshot'>>('status');

async function connectPair() {
  const { results } = await commandLine.tunnels<Output<'connect'>>('connect', ...pair);
  expect(results.map((one) => one.status)).toEqual(['connected', 'connected']);
  return results.map((one) => (one.status === 'connected' ? one.port : 0));
}

async function killAgent(): Promise<void> {
  const { agent } = await status();
  process.kill(agent.pid, 'SIGKILL');
}

async function until<T>(look: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await look();
    if (fits(value)) return value;
    if (tries === 200) throw new Error(`it did not come to pass: ${JSON.stringify(value).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('an agent that was killed opens the same tunnels on the same ports at its next start, without a browser', async () => {
  const ports = await connectPair();
  const entries = await kubeconfig();
  await killAgent();
  const { tunnels } = await until(
    status,
    (seen) => seen.tunnels.filter(({ state }) => state.status === 'connected').length === 2,
  );
  expect(tunnels.map(({ port }) => port).toSorted()).toEqual(ports.toSorted());
  expect(await world.browser.tabs()).toHaveLength(1);
  expect(await kubeconfig()).toBe(entries);
  expect(await createKubeClient(commandLine).namespaces(pair[1])).toContain('search-staging');
  await commandLine.tunnels('forget', '--all');
  expect(await kubeconfig()).toBe(own);
});

test('kubectl alone starts a killed agent again: its credential plugin does', async () => {
  await connectPair();
  await killAgent();
  const kube = createKubeClient(commandLine);
  // The first request may come before the port listens again.
  await until(
    () => kube.namespaces(pair[0]).catch((): readonly string[] => []),
    (names) => names.includes('payments-staging'),
  );
});

test('where the session has ended meanwhile, the entries are kept, and the start says so', async () => {
  await connectPair();
  const entries = await kubeconfig();
  await killAgent();
  world.access.revokeAll();
  const { notices } = await until(status, (seen) => seen.tunnels.length === 0 && seen.notices.length >= 2);
  expect(notices.map(({ message }) => message).join('\n')).toMatch(
    /payments-staging-eu was open and could not be opened again; kubectl opens it/,
  );
  expect(await kubeconfig()).toBe(entries);
  expect(await world.browser.tabs()).toHaveLength(1);
});

test('where the session has ended meanwhile and entries are not kept, only ours go, and the start says so', async () => {
  await commandLine.tunnels('settings', 'keepEntries', 'false');
  await connectPair();
  await killAgent();
  world.access.revokeAll();
  const { notices } = await until(status, (seen) => seen.tunnels.length === 0 && seen.notices.length >= 2);
  expect(notices.map(({ message }) => message).join('\n')).toMatch(
    /payments-staging-eu was open and could not be opened again/,
  );
  expect(await kubeconfig()).toBe(own);
  expect(await world.browser.tabs()).toHaveLength(1);
});

test('a second start with a fresh catalog asks no cloud', async () => {
  await commandLine.tunnels('discover');
  await commandLine.stop();
  // Kubernetes, Cloudflare and whoever signs people in there are no clouds.
  const others = new Set<Service>(['idp', 'access', 'edge', 'origin', 'kube', 'proxy']);
  const served = () => world.traffic.served.filter(({ service }) => !others.has(service)).length;
  const before = served();
  expect(before).toBeGreaterThan(0);
  const { clusters } = await commandLine.tunnels<{ clusters: unknown[] }>('list');
  expect(clusters.length).toBe(clustersOf(world.plan).length);
  expect(served()).toBe(before);
});

test('Ctrl-C while the person is asked to log in leaves nothing half done', async () => {
  await writeFile(path.join(world.home, 'absent'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  Object.assign(commandLine.env, { BROWSER: path.join(world.home, 'absent') });
  const connecting = commandLine.follow('k8s-tunnels', ['connect', ...pair]);
  await until(status, (seen) => seen.logins.length === 1);
  connecting.child.kill('SIGINT');
  await new Promise((resolve) => connecting.child.once('close', resolve));
  expect(connecting.child.exitCode).toBe(130);
  const { tunnels, logins } = await status();
  expect({ tunnels, logins }).toEqual({ tunnels: [], logins: [] });
  expect(await kubeconfig()).toBe(own);
  expect(
    (await readdir(path.join(world.home, '.cloudflared'))).filter((name) => name.endsWith('.lock')),
  ).toEqual([]);
});

test('no secret is in what was printed or logged', async () => {
  await connectPair();
  await commandLine.tunnels('connect', 'depot-berlin', '--add');
  await createKubeClient(commandLine).namespaces(pair[0]);
  const printed = [
    (await commandLine.run('k8s-tunnels', ['status'])).stdout,
    (await commandLine.run('k8s-tunnels', ['status', '--json'])).stdout,
    (await commandLine.run('k8s-tunnels', ['list', '--json'])).stdout,
    (await commandLine.run('k8s-tunnels', ['connect', 'lake-prod'])).stderr,
  ].join('\n');
  const state = path.join(world.home, '.local', 'state', 'k8s-tunnels');
  const log = await readFile(path.join(state, 'agent.log'), 'utf8');
  expect(log).toContain('Tunnel');
  const passwords = [
    ...(await readFile(path.join(state, 'ports.json'), 'utf8')).matchAll(/"password":"(\w+)"/g),
  ].map(([, word]) => word ?? '');
  const tokens = await Promise.all(
    (await readdir(path.join(world.home, '.cloudflared')))
      .filter((name) => name.endsWith('-token'))
      .map((name) => readFile(path.join(world.home, '.cloudflared', name), 'utf8')),
  );
  const secrets = [
    ...passwords,
    ...tokens,
    world.vault.token,
    ...world.plan.accounts.map(({ secretAccessKey }) => secretAccessKey),
  ];
  expect(passwords.length).toBeGreaterThanOrEqual(3);
  expect(tokens.length).toBeGreaterThanOrEqual(4);
  for (const secret of secrets) expect(printed.includes(secret) || log.includes(secret)).toBe(false);
  expect(printed).not.toMatch(/k8s-aws-v1\.|X-Amz-Signature|eyJ[\w-]+\.eyJ/);
  expect(log).not.toMatch(/k8s-aws-v1\.|X-Amz-Signature|eyJ[\w-]+\.eyJ/);
});
