import { realpathSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Output } from '../../main/api/contract.ts';
import { findBwrap } from '../../main/cli/sandbox/bwrap.ts';
import type { AuditRequest } from '../../main/model/audit-entry.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

// A kubeconfig that can only read, with the built command line and a real kubectl.

const cluster = 'payments-staging-eu';
const namespace = 'payments-staging';
const pod = 'web-6d4cf56db6-x2v9k';
const password = 'aHVudGVyMg==';

let tunnelled: Tunnelled;
let file: string;
let changed: string;
beforeAll(async () => {
  tunnelled = await connectThrough(cluster);
  file = path.join(tunnelled.folder, 'read-only.yaml');
  if (whyNoKubectl !== undefined) return;
  const manifest = path.join(tunnelled.folder, 'secret.yaml');
  await writeFile(
    manifest,
    `apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ndata: {password: ${password}}\n`,
  );
  await tunnelled.kubectl('apply', '-n', namespace, '-f', manifest);
  changed = path.join(tunnelled.folder, 'changed.yaml');
  await writeFile(changed, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: changed}\n');
});
beforeEach((context) => context.skip(whyNoKubectl !== undefined, whyNoKubectl));
afterAll(() => tunnelled?.close());

const kubectl = (...args: readonly string[]) =>
  tunnelled.commandLine.run('kubectl', ['--kubeconfig', file, '-n', namespace, ...args]);
const write = (...flags: readonly string[]) =>
  tunnelled.commandLine.tunnels<Output<'kubeconfig-file'>>('kubeconfig', cluster, '--for', file, ...flags);
const podNames = () => tunnelled.kubectl('get', 'pods', '-n', namespace, '-o', 'name');

test('reads what its user may read, and holds nothing but its own secret', async () => {
  const { until, readOnly } = await write('--read-only', '--expires', '2h');
  expect(readOnly).toEqual({});
  // Times in JSON are ISO 8601.
  expect(Date.parse(String(until))).toBeLessThanOrEqual(Date.now() + 2 * 3_600_000);
  const raw = await kubectl('config', 'view', '--raw', '-o', 'json');
  const { users, clusters } = JSON.parse(raw.stdout) as {
    users: { user: object }[];
    clusters: { cluster: Record<string, string> }[];
  };
  expect(users.map(({ user }) => Object.keys(user))).toEqual([['token', 'extensions']]);
  expect(clusters[0]?.cluster.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);

  for (const args of [
    ['get', 'pods'],
    ['get', 'pods', '-o', 'yaml'],
    ['get', 'pods', '-A'],
    ['describe', 'pod', pod],
    ['logs', pod, '--tail=1'],
    ['get', 'secrets'],
    ['api-resources'],
    ['version'],
    ['auth', 'can-i', 'delete', 'pods'],
  ])
    expect(await kubectl(...args), args.join(' ')).toMatchObject({ stderr: '', code: 0 });
  const watch = tunnelled.commandLine.follow('kubectl', [
    '--kubeconfig',
    file,
    'get',
    'ns',
    '-o',
    'name',
    '--watch',
  ]);
  await watch.line(/^namespace\//);
  tunnelled.world.api(namespace).addNamespace('late');
  await watch.line(/^namespace\/late/);
});

test.each([
  ['delete', ['delete', 'pod', pod]],
  ['apply', ['apply', '-f', 'changed.yaml']],
  ['exec', ['exec', pod, '--', 'id']],
  ['cp', ['cp', `${pod}:/etc/hostname`, './hostname']],
  ['port-forward', ['port-forward', pod, ':8080']],
  ['debug', ['debug', pod, '--image=busybox']],
  ['create token', ['create', 'token', 'default']],
  ['scale', ['scale', 'deployment/web', '--replicas=0']],
  ['a dry run', ['delete', 'pod', pod, '--dry-run=server']],
  ['another user', ['get', 'pods', '--as', 'admin']],
  ['the proxy of a pod', ['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}/proxy/`]],
  ['the data of a Secret', ['get', 'secret', 'login', '-o', 'yaml']],
])('refuses %s, and says why', async (_, args) => {
  const before = await podNames();
  const { code, stdout, stderr } = await kubectl(
    ...args.map((word) => (word === 'changed.yaml' ? changed : word)),
  );
  expect(code).not.toBe(0);
  expect(`${stdout}${stderr}`).toContain('this kubeconfig is read-only');
  expect(`${stdout}${stderr}`).not.toContain(password);
  expect(await podNames()).toBe(before);
});

test('lists Secrets without their data', async () => {
  const { stdout } = await kubectl('get', 'secrets');
  expect(stdout).toMatch(/^login +Opaque +1 /m);
  const all = await kubectl('get', 'secrets', '-v=9');
  expect(`${all.stdout}${all.stderr}`).not.toContain(password);
});

test('reads Secrets where that was allowed, and writes none', async () => {
  await write('--read-only', '--allow-secrets');
  expect((await kubectl('get', 'secret', 'login', '-o', 'jsonpath={.data.password}')).stdout).toBe(password);
  expect((await kubectl('delete', 'secret', 'login')).stderr).toContain('delete secrets is not allowed');
});

test('written again with less, the file that somebody has copied allows no more', async () => {
  await write();
  const copy = path.join(tunnelled.folder, 'copy.yaml');
  await writeFile(copy, await readFile(file));
  const withCopy = () => tunnelled.commandLine.run('kubectl', ['--kubeconfig', copy, 'get', 'namespaces']);
  expect((await withCopy()).code).toBe(0);
  await write('--read-only');
  expect((await withCopy()).code).not.toBe(0);
  expect((await kubectl('get', 'pods')).code).toBe(0);
});

test('sends a dry run where that was allowed', async () => {
  await write('--read-only', '--allow-dry-run');
  const dry = await kubectl('scale', 'deployment/web', '--replicas=0', '--dry-run=server');
  // A subresource: the server would try it, the rule does not know what else would.
  expect(dry.stderr).toContain('patch deployments/scale.apps is not allowed');
  expect(await kubectl('label', 'pod', pod, 'tried=1', '--dry-run=server')).toMatchObject({ code: 0 });
  expect(await tunnelled.kubectl('get', 'pod', pod, '-n', namespace, '--show-labels')).not.toContain('tried');
  expect((await kubectl('label', 'pod', pod, 'tried=1')).code).not.toBe(0);
});

test('the audit has each request through it: what was read, what was refused, and a watch while it runs', async () => {
  const { commandLine } = tunnelled;
  await write('--read-only');
  const following = commandLine.follow('k8s-tunnels', ['audit', '--follow']);
  expect((await kubectl('get', 'pod', pod)).code).toBe(0);
  expect((await kubectl('delete', 'pod', pod)).code).not.toBe(0);
  const watch = commandLine.follow('kubectl', [
    ...['--kubeconfig', file, '-n', namespace],
    ...['get', 'pods', '-o', 'name', '--watch'],
  ]);
  await watch.line(/^pod\//);
  await following.line(/ {2}watch pods .* 200, open/);
  watch.stop();
  await following.line(/ {2}watch pods .* 200, closed/);

  const audited = async (...flags: readonly string[]) =>
    (await commandLine.tunnels<{ entries: readonly AuditRequest[] }>('audit', '--cluster', cluster, ...flags))
      .entries;
  const shown = { cluster: expect.any(String), title: cluster, namespace, name: pod, readOnly: true };
  const client = expect.stringMatching(/^kubectl\//);
  const entries = await audited('--limit', '500');
  expect(entries).toContainEqual(
    expect.objectContaining({
      ...shown,
      client,
      event: 'answered',
      verb: 'get',
      resource: 'pods',
      status: 200,
    }),
  );
  const refused = await audited('--refused');
  expect(refused.at(-1)).toMatchObject({ ...shown, client, verb: 'delete', status: 403, refused: true });
  const { notAudited } = await commandLine.tunnels<{ notAudited: readonly object[] }>('status');
  expect(notAudited).toMatchObject([{ title: cluster, form: 'socks5' }]);
  const metrics = await commandLine.run('k8s-tunnels', ['audit', '--metrics']);
  expect(metrics.stdout).toMatch(
    /^k8s_tunnels_api_requests_total\{.*verb="delete",code="403",by="proxy"\} \d+$/m,
  );
  // The Secret that the tests above have read and written is nowhere in it.
  expect(JSON.stringify(entries)).not.toContain(password);
});

test('a command that runs read-only gets such a file, which ends with it', async () => {
  const { commandLine } = tunnelled;
  const deleting = ['kubectl', '-n', namespace, 'delete', 'pod', pod];
  const refused = await commandLine.run('k8s-tunnels', ['exec', '--read-only', cluster, '--', ...deleting]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('this kubeconfig is read-only');
  const copying = ['sh', '-c', `cp "$KUBECONFIG" '${file}' && echo "read-only=$K8S_TUNNELS_READ_ONLY"`];
  const copied = await commandLine.run('k8s-tunnels', ['exec', '--read-only', cluster, '--', ...copying]);
  expect(copied.stdout).toContain('read-only=1');
  expect(parse(await readFile(file, 'utf8')).users).toHaveLength(1);
  const late = await kubectl('get', 'pods');
  expect(late.code).not.toBe(0);
  expect(late.stderr).toMatch(/session of this token has ended|Unauthorized|logged in/);
});

test('in a sandbox, a command reads its cluster, and has neither the agent nor the kubeconfig', async (context) => {
  const { commandLine, folder } = tunnelled;
  const { HOME: home = '' } = commandLine.env;
  const why = await findBwrap({ env: process.env, home }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  context.skip(why !== undefined, why);
  const place = path.join(folder, 'sandboxed');
  await cp(path.resolve('out/cli'), path.join(place, 'cli'), { recursive: true });
  const node = realpathSync(process.execPath);
  const script = [
    `kubectl -n ${namespace} get pods -o name`,
    `kubectl -n ${namespace} delete pod ${pod}`,
    `kubectl --kubeconfig "$HOME/.kube/config" config get-contexts -o name`,
    `'${node}' cli/k8s-tunnels.cjs credential ${cluster} --json`,
  ];
  await writeFile(
    path.join(place, 'script.sh'),
    script.map((line) => `${line} 2>&1; echo "code $?"`).join('\n'),
  );
  const programs = [realpathSync(commandLine.kubectl ?? ''), node];
  const shown = programs.flatMap((program) => ['--show', path.dirname(program)]);
  const words = ['exec', '--read-only', '--sandbox', ...shown, cluster, '--', 'sh', 'script.sh'];
  const line = words.map((word) => `'${word}'`).join(' ');
  const { stdout, stderr, code } = await commandLine.run('sh', [
    '-c',
    `cd '${place}' && k8s-tunnels ${line}`,
  ]);
  expect(code, stderr).toBe(0);
  const [reads = '', deletes = '', contexts = '', credential = ''] = stdout.split(/^code /m);
  expect(reads).toContain(`pod/${pod}`);
  expect(deletes).toMatch(/^0\n/);
  expect(deletes).toContain('this kubeconfig is read-only');
  expect(contexts).toMatch(/^1\n/);
  expect(contexts).not.toContain(cluster);
  expect(credential).toContain('"error"');
  expect(credential).not.toContain('"token"');
  const metrics = await commandLine.run('k8s-tunnels', ['metrics']);
  expect(metrics.stdout).toMatch(/^k8s_tunnels_tunnels\{status="connected"\} [1-9]/m);
  expect(metrics.stdout).toMatch(/^k8s_tunnels_dials_total\{result="opened"\} [1-9]/m);
  expect(metrics.stdout).toMatch(
    /^k8s_tunnels_api_requests_total\{.*verb="delete",code="403",by="proxy"\} [1-9]/m,
  );
});

test('a limit without --read-only is refused: the file would allow everything', async () => {
  const wrong = await tunnelled.commandLine.run('k8s-tunnels', ['env', cluster, '--allow-secrets']);
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain('--allow-secrets needs --read-only');
});
