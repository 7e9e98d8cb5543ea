import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { inCallbackTurn } from '../world/free-ports.ts';
import { startWorld, type World } from '../world/world.ts';

// A computer on which nobody has signed in to anything and that has no vendor's tool: browser, agent, command line.

let world: World;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  world = await startWorld();
  for (const place of ['.aws/sso', '.aws/credentials', '.azure', '.vault-token', '.config/gcloud'])
    await rm(path.join(world.home, place), { recursive: true });
  env = {
    ...world.env,
    PATH: '/usr/bin:/bin',
    K8S_TUNNELS_MANAGED_CONFIG: path.join(world.home, 'managed.yaml'),
  };
});
afterAll(async () => {
  await runCli(['quit'], { env });
  await world.close();
});

const sources = async () => {
  const { stdout } = await runCli(['list', '--all', '--json'], { env });
  const { clusters } = JSON.parse(stdout) as { clusters: readonly { source: string }[] };
  return [...new Set(clusters.map(({ source }) => source))].sort((a, b) => a.localeCompare(b));
};

it('signs in to all four clouds, each in one tab, and finds their clusters', {
  timeout: 120_000,
}, async () => {
  const file = path.join(world.home, 'acme.yaml');
  const { id, secret } = world.gcp.signIns.desktopClient;
  await writeFile(
    file,
    `version: 1\nname: Acme\nsources:\n  gke:\n    oauthClient: {id: ${id}, secret: ${secret}}\n`,
  );
  expect(await runCli(['setup', file, '--yes'], { env })).toMatchObject({ code: 0 });
  expect(await sources()).toEqual([]);
  for (const provider of ['aws', 'vault', 'gcp', 'azure'])
    expect(await inCallbackTurn(() => runCli(['login', provider], { env }))).toMatchObject({ code: 0 });
  expect(await world.browser.tabs()).toHaveLength(4);
  expect(await runCli(['discover'], { env })).toMatchObject({ code: expect.any(Number) });
  expect(await sources()).toEqual(['aks', 'eks', 'gke', 'vault']);
  const { stdout } = await runCli(['accounts', '--json'], { env });
  const { accounts } = JSON.parse(stdout) as { accounts: readonly { status: string; provider: string }[] };
  expect(accounts.map(({ provider, status }) => [provider, status])).toEqual([
    ['aws', 'signed-in'],
    ['azure', 'signed-in'],
    ['gcp', 'signed-in'],
    ['vault', 'signed-in'],
  ]);
});

it('gives a kubectl of each the credential that its cluster takes', async () => {
  for (const cluster of ['playground', 'loyalty-staging', 'storefront-staging', 'depot-berlin']) {
    const { stdout, code } = await runCli(['credential', cluster], { env });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { status: { token?: string } }).status.token).toBeTruthy();
  }
});

it('signs out of all, and nothing of ours is left', async () => {
  for (const provider of ['aws', 'vault', 'gcp', 'azure'])
    expect(await runCli(['logout', provider], { env })).toMatchObject({ code: 0 });
  const { stdout } = await runCli(['accounts', '--json'], { env });
  const { accounts } = JSON.parse(stdout) as { accounts: readonly { status: string }[] };
  expect(accounts.map(({ status }) => status)).toEqual(Array(4).fill('signed-out'));
});

it('signs in again for a kubectl that can wait for it, and tells another one what to run', async () => {
  const tabs = (await world.browser.tabs()).length;
  const credential = (interactive: boolean, more: Readonly<Record<string, string>> = {}) => {
    const info = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive },
    };
    return runCli(['credential', 'playground'], {
      env: { ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info), ...more },
    });
  };
  for (const refused of [credential(false), credential(true, { K8S_TUNNELS_NO_BROWSER: '1' })])
    expect(await refused).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('Run `k8s-tunnels login aws acme`.'),
    });
  expect(await world.browser.tabs()).toHaveLength(tabs);
  for (const { code, stdout } of await Promise.all([credential(true), credential(true)])) {
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: { token: expect.stringMatching(/^k8s-aws-v1\./) } });
  }
  expect(await world.browser.tabs()).toHaveLength(tabs + 1);
});
