import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalProxy } from '../../main/model/local-proxy.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { type Container, mounted, type Running, startContainer, whyNoContainer } from './container.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

// `kubeconfig --container`, through the built product: a container with the folder mounted reaches the cluster of that
// folder and nothing else.

const cluster = 'payments-staging-eu';
const namespace = 'payments-staging';
const pod = 'web-6d4cf56db6-x2v9k';
const why = (await whyNoContainer()) ?? whyNoKubectl;

let tunnelled: Tunnelled;
let folder: string;
/** Of the container's user. */
let home: string;
let container: Container;
let relay: Running;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-container-'));
  if (why !== undefined) return;
  tunnelled = await connectThrough(cluster);
  folder = path.join(tunnelled.folder, 'container');
});
afterAll(async () => {
  await container?.close();
  await tunnelled?.close();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

interface Status {
  readonly agent: { readonly pid: number };
  readonly tunnels: readonly { readonly port: number }[];
  readonly localProxies: readonly (LocalProxy & { readonly title: string })[];
}
const status = () => tunnelled.commandLine.tunnels<Status>('status');
const kubectl = (...args: readonly string[]) => container.run('kubectl', ...args);
const startRelay = async () => {
  const started = container.start(process.execPath, `${mounted}/relay.cjs`);
  expect(await started.firstLine()).toMatch(/^k8s-tunnels: Listening on 127\.0\.0\.1:\d+\.$/);
  return started;
};
/** What becomes of a connection to a port or a socket in the container: `open`, or the error. */
const reach = async (target: number | string) =>
  (
    await container.run(
      process.execPath,
      '-e',
      `require('node:net').connect(${JSON.stringify(target)})
        .on('connect', () => { console.log('open'); process.exit(); })
        .on('error', ({ code }) => console.log(code))`,
    )
  ).text;

test('kubectl in a container reaches the cluster of its folder, and nothing else', async (context) => {
  context.skip(why !== undefined, why);
  const { commandLine, world } = tunnelled;
  const before = await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8');
  await commandLine.tunnels('kubeconfig', cluster, '--container', folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(path.join(folder, 'kubeconfig'))).mode & 0o777).toBe(0o600);
  expect(await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8')).toBe(before);
  const { localProxies, tunnels } = await status();
  expect(localProxies).toMatchObject([
    { title: cluster, files: [{ file: path.join(folder, 'kubeconfig'), container: true }] },
  ]);
  const [{ port } = { port: 0 }] = localProxies;
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining(['.gitignore', `${port}.sock`, 'kubeconfig', 'relay.cjs']),
  );

  const env = { PATH: process.env.PATH ?? '', KUBECONFIG: `${mounted}/kubeconfig`, HOME: home };
  container = await startContainer({ folder, hidden: world.home, env });
  expect(await kubectl('get', 'ns')).toMatchObject({ code: 1 });
  relay = await startRelay();
  expect((await kubectl('get', 'ns', '-o', 'name')).text).toContain('namespace/');

  const watch = container.start('kubectl', 'get', 'ns', '-o', 'name', '--watch-only');
  const seen = watch.firstLine();
  await expect
    .poll(async () => {
      world.api(namespace).addNamespace(`late-${randomBytes(3).toString('hex')}`);
      return Promise.race([seen, new Promise((resolve) => setTimeout(resolve, 100))]);
    })
    .toMatch(/^namespace\/late/);
  watch.kill();
  expect(await kubectl('exec', '-n', namespace, pod, '--', 'sh', '-c', 'echo here; exit 9')).toMatchObject({
    code: 9,
    text: expect.stringContaining('here'),
  });

  // Not the tunnel's own port, not the agent, no other host.
  expect(await reach(tunnels[0]?.port ?? 0)).toBe('ECONNREFUSED');
  expect(await reach(path.join(world.home, '.local/state/k8s-tunnels/run/agent.sock'))).toBe('ENOENT');
  expect((await container.run('ip', 'route')).text).toBe('');
  // Nor the cluster with another token.
  const known = await readFile(path.join(folder, 'kubeconfig'), 'utf8');
  await writeFile(path.join(folder, 'other'), known.replace(/token: .*/, 'token: another'));
  expect(await kubectl('get', 'ns', '--kubeconfig', `${mounted}/other`)).toMatchObject({
    code: 1,
    text: expect.stringContaining('the token is missing or wrong'),
  });
  const stranger = await startContainer({ hidden: world.home, env });
  try {
    expect((await stranger.run('ls', mounted)).text).not.toContain('kubeconfig');
    expect(await stranger.run('kubectl', 'get', 'ns')).not.toMatchObject({ code: 0 });
  } finally {
    await stranger.close();
  }
});

test('the relay goes on when the agent was killed, and another relay when that one was', async (context) => {
  context.skip(why !== undefined, why);
  const watch = container.start('kubectl', 'get', 'ns', '--watch');
  expect(await watch.firstLine()).toContain('NAME');
  const { agent } = await status();
  process.kill(agent.pid, 'SIGKILL');
  await watch.ended;
  // It waits for the next agent, which any command starts.
  const waiting = kubectl('get', 'ns', '-o', 'name');
  expect((await status()).agent.pid).not.toBe(agent.pid);
  expect(await waiting).toMatchObject({ code: 0, text: expect.stringContaining('namespace/') });

  const streams = container.start('kubectl', 'get', 'ns', '--watch');
  expect(await streams.firstLine()).toContain('NAME');
  relay.kill();
  await streams.ended;
  await expect.poll(async () => (await status()).localProxies[0]?.connections, { timeout: 15_000 }).toBe(0);
  expect(await kubectl('get', 'ns')).toMatchObject({ code: 1 });
  relay = await startRelay();
  expect(await kubectl('get', 'ns')).toMatchObject({ code: 0 });
});

test('it ends with the sign-out, can be written again for a running relay, and ends when it is told to', async (context) => {
  context.skip(why !== undefined, why);
  const { commandLine } = tunnelled;
  const watch = container.start('kubectl', 'get', 'ns', '--watch');
  expect(await watch.firstLine()).toContain('NAME');
  await commandLine.tunnels('logout', 'access', 'acme');
  await watch.ended;
  expect(await kubectl('get', 'ns')).toMatchObject({
    text: expect.stringContaining('session of this token has ended'),
  });

  await commandLine.tunnels('connect', cluster);
  await commandLine.tunnels('kubeconfig', cluster, '--container', folder);
  const again = await kubectl('get', 'ns');
  expect(again.code, again.text).toBe(0);

  await commandLine.tunnels('kubeconfig', 'end', folder);
  expect(await readdir(folder)).toEqual(['other']);
  expect((await status()).localProxies.flatMap(({ files }) => files)).toEqual([]);
  await expect(commandLine.tunnels('kubeconfig', 'end', folder)).rejects.toThrow('not-found');
});
