import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../world/authority.ts';
import type { KubeApi } from '../world/kube/server.ts';
import { Traffic } from '../world/traffic.ts';
import { linesOf, serverName, startShop, web } from './kube-fixture.ts';

const kubectl = await execa('kubectl', ['version', '--client'], { reject: false });

let traffic: Traffic;
let api: KubeApi;

beforeEach(async () => {
  traffic = new Traffic();
  api = await startShop(traffic);
});

afterEach(() => api.close());

describe('kubectl', () => {
  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'kube-test-'));
  });

  afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

  beforeEach(async (context) => {
    context.skip(kubectl.exitCode !== 0, 'kubectl is not installed');
    await writeConfig({ token: 'sts-token' });
  });

  async function writeConfig(user: Record<string, string>): Promise<void> {
    const cluster = {
      server: `https://127.0.0.1:${api.port}`,
      'tls-server-name': serverName,
      'certificate-authority-data': base64(api.authority.certificate),
    };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
    };
    await writeFile(join(home, 'config'), JSON.stringify(config));
  }

  const base64 = (value: string) => Buffer.from(value).toString('base64');

  /** `KUBECONFIG` and the cache are the test's own; the exit code is left to the test. */
  const start = (...args: string[]) =>
    execa('kubectl', args, {
      reject: false,
      all: true,
      env: { HOME: home, KUBECONFIG: join(home, 'config') },
    });

  async function run(
    ...args: string[]
  ): Promise<{ readonly code: number | undefined; readonly out: string }> {
    const { exitCode, all } = await start(...args);
    return { code: exitCode, out: all };
  }

  test('lists namespaces and pods as tables', async () => {
    const namespaces = await run('get', 'namespaces');
    expect(namespaces.out).toMatch(/^NAME +STATUS +AGE\ndefault +Active +\d+s\n/);
    expect(namespaces.out).toMatch(/^restricted +Active/m);

    const pods = await run('get', 'pods', '-A', '-o', 'wide');
    expect(pods.out).toMatch(/^NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE/);
    expect(pods.out).toMatch(/^kube-system +coredns +2\/2 +Running +0 +\d+s +10\.244\./m);
    expect(pods.out).toMatch(/^shop +web-7d9c5b8f6d-fghij +0\/1 +CrashLoopBackOff +7/m);
    expect(traffic.count('kube', 'get pods')).toBe(1);
  });

  test('lists what belongs to a category, page by page, by label and by field', async () => {
    const all = await run('get', 'all', '-n', 'shop', '--chunk-size=1', '-o', 'name');
    expect(all.out.split('\n')).toEqual([
      `pod/${web}`,
      'pod/web-7d9c5b8f6d-fghij',
      'deployment.apps/web',
      'replicaset.apps/web-7d9c5b8f6d',
    ]);
    expect(traffic.count('kube', 'get pods')).toBe(2);
    expect((await run('get', 'pods', '-A', '-l', 'app in (web),!x', '-o', 'name')).out).toMatch(
      /^pod\/web.*\npod\/web/,
    );
    expect((await run('get', 'ns', '--field-selector', 'metadata.name=shop', '-o', 'name')).out).toBe(
      'namespace/shop',
    );
    expect((await run('get', 'pods', '--field-selector', 'spec.colour=red')).out).toBe(
      'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.colour=red": field label not supported: spec.colour',
    );
  });

  test('describes a pod with its events', async () => {
    const { out } = await run('describe', 'pod', web, '-n', 'shop');
    expect(out).toMatch(/^Controlled By: +ReplicaSet\/web-7d9c5b8f6d$/m);
    expect(out).toMatch(/^ {2}Normal +Scheduled +\d+s +default-scheduler +Successfully assigned shop\//m);
    expect(out).toMatch(/^ {2}Normal +Started .*Started container app$/m);
  });

  test('shows the resources and the versions', async () => {
    expect((await run('api-resources', '--verbs=list', '-o', 'name')).out.split('\n')).toEqual(
      expect.arrayContaining(['pods', 'deployments.apps', 'leases.coordination.k8s.io']),
    );
    expect((await run('version')).out).toMatch(/^Server Version: v1\.32\.9-eks-113cf36$/m);
    expect((await run('get', '--raw', '/readyz')).out).toBe('ok');
  });

  test('watches a namespace come and go', async () => {
    const watching = start('get', 'namespaces', '-w', '--output-watch-events');
    const lines = linesOf(watching.stdout);
    await lineThat(lines, /^ADDED +shop +Active/);
    api.addNamespace('fresh');
    await lineThat(lines, /^ADDED +fresh +Active/);
    api.deleteNamespace('fresh');
    await lineThat(lines, /^MODIFIED +fresh +Terminating/);
    await lineThat(lines, /^DELETED +fresh +Terminating/);
    watching.kill();
    await watching;
    expect(traffic.count('kube', 'watch namespaces')).toBe(1);
  });

  test('follows a log until the pod is gone', async () => {
    const following = start('logs', '-f', '-n', 'shop', web, '--tail=1');
    const lines = linesOf(following.stdout);
    const first = await lineThat(lines, /./);
    expect(first).toBe('GET /');
    api.appendLog('shop', web, 'GET /cart');
    await lineThat(lines, /^GET \/cart$/);
    api.deletePod('shop', web);
    expect((await following).exitCode).toBe(0);
    expect(traffic.count('kube', 'logs')).toBe(1);
  });

  test('runs a toy shell in a pod', async () => {
    const shell = start('exec', '-i', '-n', 'shop', web, '--', 'sh');
    shell.stdin.end('echo one two\nhostname\nvi\nexit 3\n');
    expect(await shell).toMatchObject({
      exitCode: 3,
      stdout: `one two\n${web}`,
      stderr: 'sh: vi: not found\ncommand terminated with exit code 3',
    });
    expect((await run('exec', '-n', 'shop', web, '--', 'vi')).out).toMatch(
      /exec: "vi": executable file not found in \$PATH$/,
    );
    traffic.inject({ service: 'kube', operation: 'exec', does: { kind: 'deny' } });
    expect((await run('exec', '-n', 'shop', web, '--', 'hostname')).out).toMatch(
      /User "ada" cannot create resource "pods\/exec" in API group "" in the namespace "shop"$/,
    );
  });

  test('words the log errors as the kubelet does', async () => {
    expect((await run('logs', '-n', 'kube-system', 'coredns', '-c', 'nope')).out).toBe(
      'error: container nope is not valid for pod coredns',
    );
    expect((await run('logs', '-n', 'shop', web, '--previous')).out).toBe(
      `Error from server (BadRequest): previous terminated container "app" in pod "${web}" not found`,
    );
    expect((await run('logs', '-n', 'shop', web, '--timestamps')).out).toMatch(
      /^\d{4}-\S+\.\d{9}Z listening\n/,
    );
  });

  test('tells a wrong token, and knows who a right one is', async () => {
    const who = await run('auth', 'whoami', '-o', 'jsonpath={.status.userInfo}');
    expect(JSON.parse(who.out)).toEqual({ username: 'ada', groups: ['devs', 'system:authenticated'] });

    await writeConfig({ token: api.mintToken('system:serviceaccount:kube-system:edge') });
    expect((await run('auth', 'whoami')).out).toMatch(/^Username +system:serviceaccount:kube-system:edge$/m);

    await writeConfig({ token: 'wrong' });
    expect(await run('get', 'ns')).toEqual({
      code: 1,
      out: expect.stringMatching(
        /error: You must be logged in to the server \(the server has asked for the client to provide credentials\)$/,
      ),
    });
  });

  test('knows a client by its certificate, and refuses one of another authority', async () => {
    const ours = await api.issueClient('grace', ['system:masters', 'ops']);
    await writeConfig({
      'client-certificate-data': base64(ours.certificate),
      'client-key-data': base64(ours.key),
    });
    const who = await run('auth', 'whoami', '-o', 'jsonpath={.status.userInfo}');
    expect(JSON.parse(who.out)).toEqual({
      username: 'grace',
      groups: ['system:masters', 'ops', 'system:authenticated'],
    });
    expect((await run('get', 'pods', '-n', 'restricted')).out).toBe(
      'No resources found in restricted namespace.',
    );

    const theirs = await (await createAuthority('another')).issueClient('grace', ['system:masters']);
    await writeConfig({
      'client-certificate-data': base64(theirs.certificate),
      'client-key-data': base64(theirs.key),
    });
    expect((await run('get', 'ns')).out).toMatch(/You must be logged in to the server/);
  });

  test('tells what is missing and what is forbidden', async () => {
    expect((await run('get', 'pod', 'nope', '-n', 'shop')).out).toBe(
      'Error from server (NotFound): pods "nope" not found',
    );
    expect((await run('get', 'deployment', 'nope', '-n', 'shop')).out).toBe(
      'Error from server (NotFound): deployments.apps "nope" not found',
    );
    expect((await run('get', 'pods', '-n', 'restricted')).out).toBe(
      'Error from server (Forbidden): pods is forbidden: User "ada" cannot list resource "pods" in API group "" in the namespace "restricted"',
    );
    expect(await run('auth', 'can-i', 'list', 'pods', '-n', 'shop')).toEqual({ code: 0, out: 'yes' });
    expect(await run('auth', 'can-i', 'list', 'pods', '-n', 'restricted')).toEqual({ code: 1, out: 'no' });
    expect((await run('auth', 'can-i', '--list', '-n', 'shop')).out).toMatch(/^\*\.\* +\[\] +\[\] +\[\*\]$/m);
  });

  test('creates, changes and deletes', async () => {
    expect((await run('create', 'ns', 'made')).out).toBe('namespace/made created');
    expect((await run('create', 'ns', 'made')).out).toBe(
      'Error from server (AlreadyExists): namespaces "made" already exists',
    );
    expect(
      (await run('create', 'configmap', 'flags', '-n', 'made', '--from-literal=a=1', '--from-literal=b=2'))
        .out,
    ).toBe('configmap/flags created');
    expect((await run('get', 'configmap', 'flags', '-n', 'made', '-o', 'jsonpath={.data}')).out).toBe(
      '{"a":"1","b":"2"}',
    );

    expect((await run('run', 'probe', '--image=probe', '-n', 'made')).out).toBe('pod/probe created');
    expect((await run('get', 'pods', '-n', 'made')).out).toMatch(/^probe +0\/1 +Pending +0 +\d+s$/m);

    const manifest = join(home, 'flags.json');
    const apply = async (data: Record<string, string>) => {
      const metadata = { name: 'applied', namespace: 'made' };
      await writeFile(manifest, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }));
      return (await run('apply', '-f', manifest)).out;
    };
    expect(await apply({ a: '1', b: '2' })).toBe('configmap/applied created');
    expect(await apply({ a: '3' })).toBe('configmap/applied configured');
    expect((await run('get', 'configmap', 'applied', '-n', 'made', '-o', 'jsonpath={.data}')).out).toBe(
      '{"a":"3"}',
    );

    expect((await run('delete', 'configmap', 'flags', '-n', 'made')).out).toMatch(
      /^configmap "flags" deleted/,
    );
    expect((await run('delete', 'ns', 'made')).out).toBe('namespace "made" deleted');
    expect((await run('get', 'configmap', '-n', 'made')).out).toBe('No resources found in made namespace.');
    expect((await run('create', 'ns', 'Made_2')).out).toMatch(
      /^The Namespace "Made_2" is invalid: metadata.name: Invalid value: "Made_2": a lowercase RFC 1123 label/,
    );
  });

  test('waits out a throttled answer and shows the other faults', async () => {
    traffic.inject({ service: 'kube', operation: 'get namespaces', times: 1, does: { kind: 'throttle' } });
    expect((await run('get', 'ns', 'shop', '-o', 'name')).out).toBe('namespace/shop');
    expect(traffic.count('kube', 'get namespaces')).toBe(2);

    traffic.inject({ service: 'kube', operation: 'get pods', times: 1, does: { kind: 'error' } });
    expect((await run('get', 'pods')).out).toBe('Error from server: etcdserver: request timed out');
    traffic.inject({ service: 'kube', operation: 'get nodes', scope: 'payments', does: { kind: 'deny' } });
    expect((await run('get', 'nodes')).out).toBe(
      'Error from server (Forbidden): nodes is forbidden: User "ada" cannot list resource "nodes" in API group "" at the cluster scope',
    );
  });

  test('shows why a server is not ready', async () => {
    api.setReady(false, 'etcd');
    const { out } = await run('get', '--raw', '/readyz');
    expect(out).toContain('[-]etcd failed: reason withheld');
    expect(out).toContain('Error from server (InternalError): an error on the server');
    api.setReady(true);
    expect((await run('get', '--raw', '/readyz?verbose')).out).toMatch(
      /\[\+\]etcd ok\n[\s\S]*\nreadyz check passed$/,
    );
  });
});

async function lineThat(lines: AsyncIterator<string>, pattern: RegExp): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`ended before a line that matches ${pattern}`);
    if (pattern.test(value)) return value;
  }
}
