import { access, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Output } from '../../../main/api/contract.ts';
import type { CommandLine } from '../../world/demo/command-line.ts';
import type { World } from '../../world/world.ts';
import { eachInWorld } from '../world-fixture.ts';
import { linesUnder } from './runbook.ts';

// docs/runbook.md: a lost laptop, or a user who leaves.

const title = 'A lost laptop, or a user who leaves';
const cluster = 'payments-staging-eu';
const kubeconfig = 'apiVersion: v1\nkind: Config\n';
const patience = { timeout: 20_000, interval: 50 };
let world: World;
let commandLine: CommandLine;
eachInWorld(
  (started) => {
    ({ world, commandLine } = started);
  },
  { kubeconfig },
);

const shell = (line: string) => commandLine.run('bash', ['-c', line]);
const namespaces = ['--context', cluster, 'get', 'ns', '-o', 'name'];
const kubectl = () => commandLine.run('kubectl', namespaces);
const tabs = async () => (await world.browser.tabs()).length;

/** What `revoke_user` at Cloudflare and the end of the account do: nobody gets past the login page, until it is lifted. */
function revoke(): () => void {
  world.access.revokeAll();
  world.access.endSessions();
  return world.traffic.inject({ service: 'idp', operation: 'sign-in', does: { kind: 'hold' } });
}

test('revoked sessions end the access when the connections are cut, and kubectl opens no browser', async (context) => {
  context.skip(commandLine.kubectl === undefined, 'kubectl is not installed');
  await commandLine.tunnels('connect', cluster);
  expect(await tabs()).toBe(1);
  const watch = commandLine.follow('kubectl', [...namespaces, '--watch']);
  await watch.line(/^namespace\//);

  const lift = revoke();
  world.api('payments-staging').addNamespace('late');
  await watch.line(/^namespace\/late/);
  // A restart of the origin's cloudflared.
  expect(world.access.dropConnections()).toBeGreaterThan(0);
  await vi.waitFor(async () => {
    const { tunnels } = await commandLine.snapshot();
    expect(tunnels[0]?.state).toMatchObject({
      status: 'failed',
      failure: { error: { code: 'access-login-needed' } },
    });
  }, patience);
  for (let times = 0; times < 3; times++)
    expect(await kubectl()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`k8s-tunnels connect --add ${cluster}`),
    });
  expect(await tabs()).toBe(1);
  expect((await shell('k8s-tunnels status')).stdout).toContain('has ended before it expired');
  lift();
});

test('before the agent has noticed, all commands share one browser tab and wait', async (context) => {
  context.skip(commandLine.kubectl === undefined, 'kubectl is not installed');
  await commandLine.tunnels('connect', cluster, 'search-staging', '--add');
  const lift = revoke();
  const waiting = [cluster, 'search-staging', cluster].map((one) =>
    commandLine.follow('kubectl', ['--context', one, 'get', 'ns', '-o', 'name']),
  );
  await vi.waitFor(async () => expect(await tabs()).toBe(2), patience);
  await vi.waitFor(async () => {
    const { tunnels } = await commandLine.snapshot();
    expect(tunnels.map(({ state }) => state.status)).toEqual(['logging-in', 'logging-in']);
  }, patience);
  const { endedSessions } = await commandLine.tunnels<{ readonly endedSessions: object[] }>('status');
  expect(endedSessions).toMatchObject([{ isRevoked: true }]);
  expect(waiting.map(({ child }) => child.exitCode)).toEqual([null, null, null]);
  expect(await tabs()).toBe(2);
  lift();
});

test('the commands for the computer leave no session, no entry and no file', async () => {
  const [logout = '', remove = '', quit = ''] = await linesUnder(title);
  const [clean = ''] = await linesUnder(title, ['rm']);
  await commandLine.tunnels('connect', cluster, 'depot-berlin', '--add');
  await commandLine.tunnels('kubeconfig', 'search-staging', '--for', './reader.yaml', '--read-only');
  const ours = async () => {
    const { accounts } = await commandLine.tunnels<Output<'accounts'>>('accounts');
    return accounts.filter((one) => one.ours && one.status === 'signed-in').map(({ provider }) => provider);
  };
  const files = async () =>
    (await commandLine.snapshot()).localProxies?.flatMap((proxy) => proxy.files.map(({ file }) => file)) ??
    [];
  expect(await files()).toEqual([path.join(world.home, 'reader.yaml')]);
  expect(new Set(await ours())).toEqual(new Set(['access', 'aws', 'vault']));
  const { stdout, code } = await shell(logout);
  expect(code).toBe(0);
  expect(stdout).toMatch(/✓ Removed: The session of acme\.cloudflareaccess\.com/);
  expect(stdout).toMatch(/! Remains: The session in the browser\./);
  expect(await ours()).toEqual([]);
  expect(await files()).toEqual([]);

  expect((await shell(remove)).code).toBe(0);
  expect(await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8')).toBe(kubeconfig);
  expect((await shell(quit)).code).toBe(0);
  await mkdir(path.join(world.home, '.config', 'k8s-tunnels'), { recursive: true });
  expect((await shell(clean)).code).toBe(0);
  for (const gone of ['.local/state/k8s-tunnels', '.config/k8s-tunnels', '.cloudflared'])
    await expect(access(path.join(world.home, gone))).rejects.toThrow('ENOENT');
});
