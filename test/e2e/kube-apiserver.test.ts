import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { helmProgram, whyNoHelm, writeChart } from '../world-tests/helm-fixture.ts';
import { startRealKube, whyNoRealKube } from '../world-tests/kube-apiserver.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

/** An on-prem cluster of the world, whose API server is a real one here. */
const cluster = 'depot-berlin';
const user = 'system:serviceaccount:kube-system:developers';
const reason = whyNoRealKube ?? whyNoKubectl;
let tunnelled: Tunnelled | undefined;
let server: Awaited<ReturnType<typeof startRealKube>> | undefined;

beforeAll(async () => {
  if (reason !== undefined) return;
  server = await startRealKube({
    hostnames: ['k8s.depot-berlin.acme.internal'],
    user,
    groups: ['system:masters'],
  });
  tunnelled = await connectThrough(cluster, { standIns: new Map([[cluster, server]]) });
});

afterAll(async () => {
  await tunnelled?.close();
  await server?.close();
});

beforeEach((context) => context.skip(reason !== undefined, reason));

function through(): Tunnelled {
  if (tunnelled === undefined) throw new Error('no tunnel');
  return tunnelled;
}

test('tells its version and who calls, and lists', async () => {
  const { kubectl } = through();
  expect(JSON.parse(await kubectl('get', '--raw', '/version'))).toHaveProperty('gitVersion');
  expect(await kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe(user);
  expect(await kubectl('get', 'namespaces', '-o', 'name')).toContain('namespace/kube-system');
  expect(await kubectl('get', '--raw', '/readyz')).toBe('ok');
});

test('applies from the client and from the server while a watch looks on', async () => {
  const { commandLine, folder, kubectl } = through();
  const watch = commandLine.follow('kubectl', [
    ...['get', 'configmaps', '-n', 'default', '-w', '--output-watch-events'],
    ...['-o', 'jsonpath={.type} {.object.metadata.name} {.object.data.colour}{"\\n"}'],
  ]);
  const file = path.join(folder, 'config.yaml');
  const write = (colour: string) =>
    writeFile(
      file,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shade\ndata:\n  colour: ${colour}\n`,
    );
  await write('red');
  expect(await kubectl('apply', '-n', 'default', '-f', file)).toBe('configmap/shade created');
  await watch.line(/^ADDED shade red$/);
  await write('blue');
  expect(await kubectl('apply', '-n', 'default', '-f', file, '--server-side')).toBe(
    'configmap/shade serverside-applied',
  );
  await watch.line(/^MODIFIED shade blue$/);
  await kubectl('delete', '-n', 'default', '-f', file);
  await watch.line(/^DELETED shade blue$/);
  const ended = once(watch.child, 'close');
  watch.stop();
  await ended;
});

test('takes the manifests of the origin, and knows each field of them', async () => {
  const { kubectl } = through();
  const origin = path.resolve(import.meta.dirname, '../../resources/examples/origin');
  const all = ['cloudflared.yaml', 'socks.yaml', 'tcp.yaml', 'remotely-managed.yaml'];
  for (const file of all) await kubectl('apply', '--validate=strict', '-f', path.join(origin, file));
  // The Prometheus Operator is not here: of monitoring.yaml only the NetworkPolicy is taken.
  await expect(
    kubectl('apply', '--validate=strict', '-f', path.join(origin, 'monitoring.yaml')),
  ).rejects.toThrow(/no matches for kind "PodMonitor"[\s\S]*no matches for kind "PrometheusRule"/);
  expect(await kubectl('get', '-n', 'k8s-tunnels', 'deployments,networkpolicies,pdb', '-o', 'name')).toBe(
    [
      'deployment.apps/cloudflared',
      'networkpolicy.networking.k8s.io/cloudflared',
      'networkpolicy.networking.k8s.io/cloudflared-metrics',
      'poddisruptionbudget.policy/cloudflared',
    ].join('\n'),
  );
});

test('the query of docs/runbook.md finds in its audit log who changed what and read Secrets', async (context) => {
  context.skip((await execa('jq', ['--version'], { reject: false })).exitCode !== 0, 'jq is not installed');
  const { kubectl } = through();
  await kubectl('create', 'configmap', 'audited', '-n', 'default');
  await kubectl('delete', 'configmap', 'audited', '-n', 'default');
  await kubectl('get', 'secrets', '-n', 'kube-system');
  const query = path.resolve(import.meta.dirname, '../../resources/examples/audit/kubernetes.jq');
  const log = server?.auditLog ?? '';
  const rows = async () => {
    const { stdout } = await execa('jq', ['-r', '--arg', 'user', user, '-f', query, log]);
    return stdout.split('\n').map((row) => row.split('\t'));
  };
  await expect
    .poll(rows)
    .toContainEqual([
      ...[expect.stringMatching(/^20/), user, 'list', 'secrets', 'kube-system', '200'],
      ...['127.0.0.1', expect.stringMatching(/^kubectl\//)],
    ]);
  const changes = (await rows()).map(([, , verb, resource, object, code]) => [verb, resource, object, code]);
  expect(changes).toContainEqual(['create', 'configmaps', 'default/audited', '201']);
  expect(changes).toContainEqual(['delete', 'configmaps', 'default/audited', '200']);
  expect(changes.filter(([verb, resource]) => verb === 'list' && resource !== 'secrets')).toEqual([]);
});

test('helm installs, lists and uninstalls', async (context) => {
  context.skip(whyNoHelm !== undefined, whyNoHelm);
  const { commandLine, folder } = through();
  const helm = (...args: string[]) =>
    execa(helmProgram, ['-n', 'default', ...args], { env: commandLine.env });
  const list = async () => JSON.parse((await helm('list', '-o', 'json')).stdout);
  await helm('install', 'shade', await writeChart(folder));
  expect(await list()).toMatchObject([{ name: 'shade', revision: '1', status: 'deployed' }]);
  await helm('uninstall', 'shade');
  expect(await list()).toEqual([]);
});
