import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KubeApi } from '../world/kube/server.ts';
import { Traffic } from '../world/traffic.ts';
import { createKubectl, type Kubectl, startShop, web, whyNoKubectl } from './kube-fixture.ts';
import { peers } from './kube-peers.ts';

let kubectl: Kubectl;

beforeEach((context) => context.skip(whyNoKubectl !== undefined, whyNoKubectl));

afterEach(() => kubectl?.close());

const configMap = (data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'flags' },
  data,
});
const deployment = (containers: readonly object[]) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'api', labels: { app: 'api' } },
  spec: {
    selector: { matchLabels: { app: 'api' } },
    template: { metadata: { labels: { app: 'api' } }, spec: { containers } },
  },
});

/** `kubectl apply` of the object, by way of a file. */
async function apply(object: object, ...flags: string[]): Promise<string> {
  const file = path.join(kubectl.home, 'object.json');
  await writeFile(file, JSON.stringify(object));
  return (await kubectl.run('apply', '-f', file, ...flags)).out;
}

const read = async (name: string, ...flags: string[]) =>
  JSON.parse((await kubectl.run('get', name, '-o', 'json', ...flags)).out);

const managers = async (name: string): Promise<string[]> =>
  (await read(name, '--show-managed-fields')).metadata.managedFields
    .map(
      ({ manager, operation }: { readonly manager: string; readonly operation: string }) =>
        `${manager} ${operation}`,
    )
    .sort();

/** The same requests to the world's API server and to a real one: both must answer alike. */
describe.each(peers)('$peer', ({ start, why }) => {
  let server: Awaited<ReturnType<typeof start>>;

  beforeAll(async () => {
    if (why === undefined) server = await start();
  });

  afterAll(() => server?.close());

  beforeEach(async (context) => {
    context.skip(why !== undefined, why);
    kubectl = await createKubectl(server);
    await kubectl.run('delete', 'configmap/flags', 'deployment/api', '--ignore-not-found');
  });

  describe('client-side apply', () => {
    test('knows the items of lists by their keys', async () => {
      const [first, second] = [
        {
          name: 'a',
          image: 'a:1',
          ports: [{ containerPort: 80 }, { containerPort: 81 }],
          env: [{ name: 'X', value: '1' }],
        },
        { name: 'b', image: 'b:1' },
      ];
      expect(await apply(deployment([first, second]))).toBe('deployment.apps/api created');
      expect(await apply(deployment([first, second]))).toBe('deployment.apps/api unchanged');
      const changed = {
        ...first,
        image: 'a:2',
        ports: [{ containerPort: 81 }],
        env: [{ name: 'Y', value: '2' }],
      };
      expect(await apply(deployment([second, changed]))).toBe('deployment.apps/api configured');
      const { containers } = (await read('deployment/api')).spec.template.spec;
      expect(containers).toMatchObject([
        { name: 'b', image: 'b:1', imagePullPolicy: 'IfNotPresent' },
        {
          name: 'a',
          image: 'a:2',
          ports: [{ containerPort: 81, protocol: 'TCP' }],
          env: [{ name: 'Y', value: '2' }],
        },
      ]);
      expect(containers[1].ports).toHaveLength(1);
      expect(await apply(deployment([changed]))).toBe('deployment.apps/api configured');
      expect((await read('deployment/api')).spec.template.spec.containers).toHaveLength(1);
      expect(await managers('deployment/api')).toEqual(['kubectl-client-side-apply Update']);
    });

    test('refuses what a kind does not know, and a selector that finds nothing', async () => {
      const unknown = { ...configMap({}), dta: { a: '1' } };
      expect(await apply(unknown)).toMatch(
        /Error from server \(BadRequest\): error when creating ".*object\.json": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta"$/,
      );
      expect(await apply(unknown, '--validate=ignore')).toBe('configmap/flags created');
      expect((await read('configmap/flags')).dta).toBeUndefined();
      const lost = deployment([{ name: 'a', image: 'a:1' }]);
      lost.spec.template.metadata.labels.app = 'other';
      expect(await apply(lost)).toBe(
        'The Deployment "api" is invalid: spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
      );
    });

    test('shows by dry run what it would do, and does nothing', async () => {
      expect(await apply(configMap({ a: '1' }), '--dry-run=server')).toBe(
        'configmap/flags created (server dry run)',
      );
      expect((await kubectl.run('get', 'configmap', 'flags')).out).toBe(
        'Error from server (NotFound): configmaps "flags" not found',
      );
    });
  });

  describe('server-side apply', () => {
    test('keeps who owns which field, takes away what one no longer applies, and tells conflicts', async () => {
      const ssa = (data: Record<string, string>, manager: string, ...flags: string[]) =>
        apply(configMap(data), '--server-side', `--field-manager=${manager}`, ...flags);
      expect(await ssa({ a: '1', b: '2' }, 'ours')).toBe('configmap/flags serverside-applied');
      expect(await ssa({ c: '3' }, 'theirs')).toBe('configmap/flags serverside-applied');
      expect((await read('configmap/flags')).data).toEqual({ a: '1', b: '2', c: '3' });
      expect(await ssa({ a: '1' }, 'ours')).toBe('configmap/flags serverside-applied');
      expect((await read('configmap/flags')).data).toEqual({ a: '1', c: '3' });
      expect(await managers('configmap/flags')).toEqual(['ours Apply', 'theirs Apply']);

      expect(await ssa({ a: '9' }, 'theirs')).toMatch(
        /^error: Apply failed with 1 conflict: conflict with "ours": \.data\.a\n/,
      );
      expect(await ssa({ a: '9' }, 'theirs', '--force-conflicts')).toBe('configmap/flags serverside-applied');
      expect((await read('configmap/flags')).data).toEqual({ a: '9' });
      expect(await managers('configmap/flags')).toEqual(['theirs Apply']);
    });

    test('meets what a client-side command wrote', async () => {
      await kubectl.run('create', 'configmap', 'flags', '--from-literal=a=1', '--from-literal=b=2');
      expect(await apply(configMap({ a: '9', b: '9' }), '--server-side')).toMatch(
        /^error: Apply failed with 2 conflicts: conflicts with "kubectl-create" using v1:\n- \.data\.a\n- \.data\.b\n/,
      );
    });

    test('takes over from a client-side apply of its own', async () => {
      await apply(deployment([{ name: 'a', image: 'a:1' }]));
      expect(await apply(deployment([{ name: 'a', image: 'a:2' }]), '--server-side')).toMatch(
        /^deployment\.apps\/api serverside-applied$/m,
      );
      expect((await read('deployment/api')).spec.template.spec.containers[0].image).toBe('a:2');
      expect(await managers('deployment/api')).toEqual(['kubectl Apply', 'kubectl-last-applied Apply']);
    });
  });

  describe('replace and patch', () => {
    test('replaces the newest version only', async () => {
      await apply(configMap({ a: '1' }));
      const old = await read('configmap/flags');
      const file = path.join(kubectl.home, 'replaced.json');
      await writeFile(file, JSON.stringify({ ...old, data: { b: '2' } }));
      expect((await kubectl.run('replace', '-f', file)).out).toBe('configmap/flags replaced');
      expect((await read('configmap/flags')).data).toEqual({ b: '2' });
      expect((await kubectl.run('replace', '-f', file)).out).toMatch(
        /^Error from server \(Conflict\): error when replacing ".*": Operation cannot be fulfilled on configmaps "flags": the object has been modified; please apply your changes to the latest version and try again$/,
      );
    });

    test('patches by JSON, and keeps what is immutable', async () => {
      await apply({ ...configMap({ a: '1', b: '2' }), immutable: true });
      const patch = (list: readonly object[]) =>
        kubectl.run('patch', 'configmap', 'flags', '--type=json', '-p', JSON.stringify(list));
      expect((await patch([{ op: 'replace', path: '/data/a', value: '3' }])).out).toBe(
        'The ConfigMap "flags" is invalid: data: Forbidden: field is immutable when `immutable` is set',
      );
      expect((await patch([{ op: 'add', path: '/metadata/labels', value: { tier: 'x' } }])).out).toBe(
        'configmap/flags patched',
      );
      expect((await kubectl.run('get', 'configmap', '-l', 'tier=x', '-o', 'name')).out).toBe(
        'configmap/flags',
      );
    });
  });
});

describe('delete', () => {
  let api: KubeApi;

  beforeEach(async () => {
    api = await startShop(new Traffic());
    kubectl = await createKubectl(api);
  });

  afterEach(() => api?.close());

  const pods = async () => (await kubectl.run('get', 'pods', '-o', 'name')).out;

  test('takes what a deployment owns away, after it or before it', async () => {
    expect((await kubectl.run('delete', 'deployment', 'web', '--cascade=foreground')).out).toMatch(
      /^deployment\.apps "web" deleted/,
    );
    expect(await pods()).toBe('');
    expect((await kubectl.run('get', 'replicasets,deployments', '-o', 'name')).out).toBe('');
  });

  test('takes the pods away in the background', async () => {
    await kubectl.run('delete', 'deployment', 'web');
    await expect.poll(pods, { timeout: 10_000 }).toBe('');
  });

  test('leaves orphans', async () => {
    await kubectl.run('delete', 'deployment', 'web', '--cascade=orphan');
    const [replicaSet] = (await read('replicasets')).items;
    expect(replicaSet.metadata.ownerReferences).toBeUndefined();
    expect(await pods()).toContain(web);
  });
});
