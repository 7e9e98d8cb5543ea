import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { installCloudflared } from '../world/cloudflared/install.ts';
import { realCloudflared } from '../world/cloudflared/real.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { defaultPlan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { processesOf } from './processes.ts';

const title = 'payments-staging-eu';
const found = await execa('kubectl', ['version', '--client'], { reject: false });
const program = realCloudflared();

let world: World;
let commandLine: CommandLine;

beforeEach(async (context) => {
  context.skip(found.exitCode !== 0, 'kubectl is not installed');
  const eks = defaultPlan.eks.map((cluster) =>
    cluster.name === 'payments-staging'
      ? { ...cluster, tags: { ...cluster.tags, 'k8s-tunnels-connector': 'cloudflared' } }
      : cluster,
  );
  world = await startWorld({ plan: { ...defaultPlan, eks } });
  commandLine = await createCommandLine(world, {
    K8S_TUNNELS_CLOUDFLARED: program ?? (await installCloudflared(path.join(world.home, 'program'))),
  });
});

afterEach(async () => {
  await commandLine?.stop();
  await world?.close();
});

const getNamespaces = (context: string) =>
  commandLine.run('kubectl', ['--context', context, 'get', 'ns', '-o', 'name']);
const answers = { code: 0, stdout: expect.stringContaining('namespace/payments-staging') };
/** The cloudflared processes of this world: other tests on this computer have theirs. */
const carriers = async () => {
  const { stdout } = await execa('pgrep', ['-f', 'access tcp --hostname payments-staging.k8s'], {
    reject: false,
  });
  const ours = (await processesOf(world.home)) ?? [];
  return stdout.split('\n').filter((pid) => ours.includes(Number(pid)));
};

test(`kubectl goes through ${program === undefined ? 'the double of cloudflared' : 'the real cloudflared'}, which ends with a killed agent`, async () => {
  await commandLine.tunnels('connect', title);
  expect(await getNamespaces(title)).toMatchObject(answers);
  const { agent, tunnels } = await commandLine.tunnels<Output<'snapshot'>>('status');
  expect(tunnels).toMatchObject([{ connector: 'cloudflared' }]);
  expect(await carriers()).not.toEqual([]);
  process.kill(agent.pid, 'SIGKILL');
  await vi.waitFor(async () => expect(await carriers()).toEqual([]));
  expect(await getNamespaces(title)).toMatchObject(answers);
  await commandLine.tunnels('forget', title);
  await vi.waitFor(async () => expect(await carriers()).toEqual([]));
  expect(await world.browser.tabs()).toHaveLength(1);
});

async function listDirect(): Promise<void> {
  const api = world.api('payments-staging');
  const token = path.join(world.home, 'token');
  await writeFile(token, api.mintToken('tester', ['system:masters']), { mode: 0o600 });
  const entry = {
    name: 'near',
    server: `https://127.0.0.1:${api.port}`,
    'certificate-authority-data': Buffer.from(api.authority.certificate).toString('base64'),
    tags: { connector: 'direct', 'server-name': 'kubernetes.default.svc' },
    user: { 'token-file': token },
  };
  const file = path.join(world.home, 'near.yaml');
  await writeFile(file, JSON.stringify([entry]));
  await commandLine.tunnels('settings', 'clusterFiles', file);
}

test('a cluster that is reached directly gets its entry and credential, and no tunnel', async () => {
  await listDirect();
  const { results } = await commandLine.tunnels<Output<'connect'>>('connect', 'near');
  expect(results).toMatchObject([{ status: 'connected' }]);
  expect(results[0]).not.toHaveProperty('port');
  const kubeconfig = await readFile(world.env.KUBECONFIG ?? '', 'utf8');
  expect(kubeconfig).toContain(`server: "https://127.0.0.1:${world.api('payments-staging').port}"`);
  expect(kubeconfig).not.toContain('proxy-url');
  expect(await getNamespaces('near')).toMatchObject(answers);
  await commandLine.tunnels('disconnect', 'near');
  expect(await getNamespaces('near')).toMatchObject(answers);
  await commandLine.tunnels('forget', 'near');
  // There was none before.
  await expect(readFile(world.env.KUBECONFIG ?? '', 'utf8')).rejects.toThrow('ENOENT');
  expect(world.traffic.served.filter(({ service }) => service === 'edge' || service === 'access')).toEqual(
    [],
  );
});

test("a way that the organisation's configuration does not list is refused, with what to do", async () => {
  const file = world.env.K8S_TUNNELS_MANAGED_CONFIG ?? '';
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, 'version: 1\nname: Acme\nconnectors: [builtin]\n', { mode: 0o644 });
  await listDirect();
  for (const name of ['near', title])
    await expect(commandLine.tunnels('connect', name)).rejects.toThrow(
      /connector-refused.*Acme does not allow/s,
    );
  expect(await carriers()).toEqual([]);
});
