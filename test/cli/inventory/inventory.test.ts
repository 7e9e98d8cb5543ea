import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { version } from '../../../main/agent/version.ts';
import { inventorySchema } from '../../../main/cli/inventory/document.ts';
import { inventoryLines } from '../../../main/cli/inventory/inventory.ts';
import { startFakeAgent } from '../fake-agent.ts';
import { type Home, makeHome, startCli } from '../run-cli.ts';

let home: Home;
let PATH: string;
beforeEach(async () => {
  home = await makeHome();
  ({ PATH } = home.env);
});
afterEach(() => home.remove());

const run = (...args: readonly string[]) =>
  startCli(['version', ...args], { env: { ...home.env, PATH } }).done;
const inventory = async () => {
  const { code, stdout, stderr } = await run('--all', '--json');
  expect([code, stderr]).toEqual([0, '']);
  const { agent, ...rest } = JSON.parse(stdout);
  const startedAt = agent?.startedAt === undefined ? {} : { startedAt: Date.parse(agent.startedAt) };
  return inventorySchema.strict().parse({ ...rest, agent: agent && { ...agent, ...startedAt } });
};
const install = async (name: string, says: string) => {
  const folder = path.join(home.env.HOME, 'bin');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, name), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
  PATH = `${folder}:/usr/bin:/bin`;
  return path.join(folder, name);
};
const managed = () => home.env.K8S_TUNNELS_MANAGED_CONFIG;

test('without --all it prints what --version does', async () => {
  expect(await run()).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  expect(JSON.parse((await run('--json')).stdout)).toEqual({ version });
});

test.skipIf(process.platform === 'win32')('an inventory where no agent runs starts none', async () => {
  const kubectl = await install(
    'kubectl',
    '[ "$1 $2" = "version --client" ] && echo "Client Version: v1.37.1"',
  );
  const cloudflared = await install('cloudflared', 'echo "cloudflared version 2026.8.0 (built …)"');
  await writeFile(managed(), 'version: 1\nname: Acme\nrevision: 7\n');
  expect(await inventory()).toMatchObject({
    version,
    node: process.versions.node,
    agent: null,
    kubectl: { path: kubectl, version: '1.37.1' },
    cloudflared: { onPath: { path: cloudflared, version: '2026.8.0' } },
    organisation: { name: 'Acme', revision: 7, from: managed(), managed: true },
    system: { platform: process.platform, arch: process.arch },
  });
  await expect(stat(home.paths.socket)).rejects.toMatchObject({ code: 'ENOENT' });
  const { code, stdout } = await run('--all');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^agent +none$/m);
  expect(stdout).toContain(`Acme, revision 7, managed from ${managed()}`);
});

test('what cannot be read is the part with the reason, and the rest is there', async () => {
  await install('kubectl', 'exit 1');
  await writeFile(managed(), 'version: 1\nrevision: 7\n');
  expect(await inventory()).toMatchObject({
    version,
    kubectl: { version: null },
    organisation: { error: { message: expect.stringMatching(/managed\.yaml, .*name/) } },
  });
  await rm(managed());
  await mkdir(home.paths.config, { recursive: true });
  const origin = { kind: 'url', url: 'https://acme.example/.well-known/k8s-tunnels.yaml' };
  const own = path.join(home.paths.config, 'organisation.json');
  await writeFile(own, JSON.stringify({ version: 1, data: { origin, text: 'version: 1\nname: Acme\n' } }));
  expect((await inventory()).organisation).toEqual({
    name: 'Acme',
    revision: null,
    from: origin.url,
    managed: false,
  });
  await writeFile(own, '{');
  expect((await inventory()).organisation).toMatchObject({ error: { message: expect.any(String) } });
});

test('the agent that runs is named with its process and its start', async () => {
  const agent = await startFakeAgent(home.paths);
  try {
    const { agent: found } = await inventory();
    expect(found).toMatchObject({ pid: process.pid, startedAt: expect.any(Number) });
  } finally {
    await agent.close();
  }
});

test('the text says where the agent runs', () => {
  const none = { path: '/usr/bin/x', version: null };
  const agent = {
    version: '1.4.0',
    pid: 7,
    startedAt: 0,
    host: 'app',
    node: '22.1.0',
    electron: '45.4.1',
  } as const;
  const lines = inventoryLines(
    {
      version: '1.5.0',
      path: '/usr/bin/k8s-tunnels',
      node: '24.21.0',
      system: { platform: 'linux', name: 'Linux', release: '6', arch: 'x64' },
      agent,
      app: { path: '/opt/k8s-tunnels/k8s-tunnels', version: '1.5.0' },
      cloudflared: { package: none, onPath: null },
      kubectl: null,
      organisation: {
        error: { code: 'file-unreadable', message: 'It cannot be read.', hint: 'Own it.', retryable: false },
      },
    },
    60_000,
  );
  expect(lines).toEqual([
    'command line         1.5.0  /usr/bin/k8s-tunnels (Node 24.21.0)',
    'agent                1.4.0  process 7, in the desktop app, Electron 45.4.1, up 1 min',
    'desktop app          1.5.0  /opt/k8s-tunnels/k8s-tunnels',
    'cloudflared          version unknown  /usr/bin/x',
    'cloudflared on PATH  none',
    'kubectl              none',
    'organisation         It cannot be read. Own it.',
    'system               Linux 6 (linux x64)',
  ]);
});
