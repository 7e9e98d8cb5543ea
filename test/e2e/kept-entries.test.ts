import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

const own =
  '# mine\napiVersion: v1\nkind: Config\ncontexts: []\nclusters: []\nusers: []\ncurrent-context: ""\n';
const cluster = 'payments-staging-eu';
const found = await execa('kubectl', ['version', '--client'], { reject: false });
const script = await execa('script', ['--version'], { reject: false });

let world: World;
let commandLine: CommandLine;
let file: string;

beforeEach(async (context) => {
  context.skip(found.exitCode !== 0, 'kubectl is not installed');
  world = await startWorld();
  commandLine = await createCommandLine(world);
  file = world.env.KUBECONFIG ?? '';
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, own, { mode: 0o600 });
});

afterEach(async () => {
  await commandLine?.stop();
  await world?.close();
});

const status = () => commandLine.tunnels<Output<'snapshot'>>('status');
const kubeconfig = () => readFile(file, 'utf8');
const getNamespaces = (...flags: readonly string[]) =>
  commandLine.run('kubectl', ['--context', cluster, ...flags, 'get', 'ns', '-o', 'name']);
const answers = { code: 0, stdout: expect.stringContaining('namespace/payments-staging') };

/** As in a terminal, where kubectl's plugin may open a browser. */
const inTerminal = (command: string) =>
  execa('script', ['-qec', command, '/dev/null'], { env: commandLine.env, extendEnv: false, reject: false });

async function connect(): Promise<number> {
  const { results } = await commandLine.tunnels<Output<'connect'>>('connect', cluster);
  expect(results).toMatchObject([{ status: 'connected' }]);
  return results[0]?.status === 'connected' ? (results[0].port ?? 0) : 0;
}

async function connectOnce(): Promise<number> {
  const port = await connect();
  await commandLine.tunnels('disconnect', cluster);
  return port;
}

test('disconnected, its context still opens it, on its port; forgotten, the kubeconfig is as it was', async () => {
  const port = await connect();
  const connected = await kubeconfig();
  const { closed } = await commandLine.tunnels<Output<'disconnect'>>('disconnect', cluster);
  expect(closed).toHaveLength(1);
  const kept = await kubeconfig();
  expect(kept).toContain('current-context: ""');
  expect(kept).toBe(connected.replace(/^current-context: .*$/m, 'current-context: ""'));
  expect(await status()).toMatchObject({ tunnels: [], kept: [{ title: cluster }] });

  expect(await getNamespaces()).toMatchObject(answers);
  expect((await status()).kept).toEqual([]);
  expect((await status()).tunnels).toMatchObject([{ port, state: { status: 'connected' } }]);
  expect((await status()).kubectl).toEqual({});
  expect(await kubeconfig()).toBe(kept);

  const { forgotten } = await commandLine.tunnels<Output<'forget'>>('forget', cluster);
  expect(forgotten).toHaveLength(1);
  expect(await kubeconfig()).toBe(own);
  expect((await status()).tunnels).toEqual([]);
  const { entries } = await commandLine.tunnels<Output<'activity'>>('activity');
  expect(entries.filter(({ kind }) => kind === 'connected' || kind === 'closed')).toMatchObject([
    { kind: 'closed', by: 'person' },
    { kind: 'connected', by: 'kubectl', title: cluster },
    { kind: 'closed', by: 'person' },
    { kind: 'connected', by: 'person' },
  ]);
  expect((await getNamespaces()).code).toBe(1);
});

test('where entries are not kept, disconnecting gives the kubeconfig back; turned off, what was kept goes', async () => {
  await commandLine.tunnels('settings', 'keepEntries', 'false');
  await connectOnce();
  expect(await kubeconfig()).toBe(own);
  await commandLine.tunnels('settings', 'keepEntries', 'true');
  await connectOnce();
  expect(await kubeconfig()).not.toBe(own);
  await commandLine.tunnels('settings', 'keepEntries', 'false');
  await expect.poll(kubeconfig).toBe(own);
});

test('after the agent was killed, or has quit, kubectl alone starts one and is answered at its first try', async () => {
  const port = await connectOnce();
  for (const end of ['kill', 'quit'] as const) {
    const { agent } = await status();
    if (end === 'kill') process.kill(agent.pid, 'SIGKILL');
    else await commandLine.stop();
    expect(await getNamespaces()).toMatchObject(answers);
    const now = await status();
    expect(now.agent.pid).not.toBe(agent.pid);
    expect(now.tunnels).toMatchObject([{ port, state: { status: 'connected' } }]);
    await commandLine.tunnels('disconnect', cluster);
  }
  // Killed while it was open, too.
  await connect();
  process.kill((await status()).agent.pid, 'SIGKILL');
  expect(await getNamespaces()).toMatchObject(answers);
  expect(await world.browser.tabs()).toHaveLength(1);
});

test('by the setting a credential is made with no agent, for what the last one knew', async () => {
  await commandLine.tunnels('discover');
  await commandLine.tunnels('settings', 'credentialStartsAgent', 'false');
  const credential = (name: string) => commandLine.run('k8s-tunnels', ['credential', name, '--json']);
  const byAgent = JSON.parse((await credential(cluster)).stdout);
  await commandLine.stop();
  const { code, stdout } = await credential(cluster);
  expect(code).toBe(0);
  const alone = JSON.parse(stdout);
  expect({ ...alone, status: Object.keys(alone.status) }).toEqual({
    ...byAgent,
    status: Object.keys(byAgent.status),
  });
  expect(alone.status.token).toMatch(/^k8s-aws-v1\./);
  expect(JSON.parse((await credential('nowhere')).stdout)).toMatchObject({ error: { code: 'not-found' } });
  expect(existsSync(pathsFrom(commandLine.env).socket)).toBe(false);
});

test('twenty at once open one tunnel', async () => {
  await connectOnce();
  const view = await commandLine.run('kubectl', ['config', 'view', '--raw', '-o', 'json']);
  const [entry] = (JSON.parse(view.stdout) as { clusters: { cluster: Record<string, string> }[] }).clusters;
  const { 'proxy-url': proxy = '', server = '' } = entry?.cluster ?? {};
  // Straight to the port: nobody asks for a credential first.
  const asked = await Promise.all(
    Array.from({ length: 20 }, () =>
      commandLine.run('curl', ['-sk', '-x', proxy.replace('socks5:', 'socks5h:'), `${server}/version`]),
    ),
  );
  for (const { stdout } of asked) expect(stdout).toMatch(/gitVersion|Unauthorized/);
  const log = await readFile(path.join(world.home, '.local/state/k8s-tunnels/agent.log'), 'utf8');
  expect(log.match(/"status":"connected"/g)).toHaveLength(2);
  expect((await status()).tunnels).toMatchObject([{ state: { status: 'connected' } }]);
  expect(await world.browser.tabs()).toHaveLength(1);
});

test('with the session ended, kubectl in a terminal opens the browser once and waits; elsewhere it says what to run', async (context) => {
  context.skip(script.exitCode !== 0, 'script is not installed: no terminal');
  await connectOnce();
  world.access.revokeAll();
  const elsewhere = await getNamespaces();
  expect(elsewhere.code).toBe(1);
  expect(elsewhere.stderr).toContain(`k8s-tunnels connect --add ${cluster}`);
  expect(await world.browser.tabs()).toHaveLength(1);
  const { stdout, exitCode } = await inTerminal(`kubectl --context ${cluster} get ns -o name`);
  expect(stdout).toContain('namespace/payments-staging');
  expect(exitCode).toBe(0);
  expect(await world.browser.tabs()).toHaveLength(2);
});

test('a person who does not sign in is told that they are waited for', async (context) => {
  context.skip(script.exitCode !== 0, 'script is not installed: no terminal');
  await writeFile(path.join(world.home, 'absent'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await connectOnce();
  await commandLine.stop();
  world.access.revokeAll();
  Object.assign(commandLine.env, { BROWSER: path.join(world.home, 'absent') });
  const waiting = commandLine.follow('script', [
    '-qec',
    `kubectl --context ${cluster} get ns -o name`,
    '/dev/null',
  ]);
  await waiting.line(/^Waiting for you to sign in to \S+ in the browser …/, 20_000);
  const { logins } = await status();
  expect(logins).toHaveLength(1);
  await execa('curl', ['-skL', logins[0]?.url ?? ''], { env: commandLine.env, reject: false });
});

test('a policy that denies: kubectl ends with its reason, and no other tab is opened', async () => {
  await connectOnce();
  expect(await getNamespaces()).toMatchObject(answers);
  await commandLine.tunnels('disconnect', cluster);
  world.access.setPolicy('payments-staging.k8s.acme.example', []);
  const denied = await getNamespaces();
  expect(denied.code).toBe(1);
  expect(denied.stderr).toMatch(/denies you access|denied/);
  expect(await world.browser.tabs()).toHaveLength(1);
  expect((await status()).tunnels).toEqual([]);
});
