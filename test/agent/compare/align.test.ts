import { expect, test } from 'vitest';
import { align, type Column } from '../../../main/agent/compare/align.ts';
import { readFacts } from '../../../main/agent/compare/cluster-facts.ts';
import { AppError, toPlainError } from '../../../main/model/app-error.ts';
import type { ComparedRow, Comparison } from '../../../main/model/comparison.ts';
import { onlyDifferent } from '../../../main/model/only-different.ts';
import { workloadKinds } from '../../../main/model/workload-kinds.ts';
import { aCluster } from '../../renderer/shown.ts';
import { fakeApi, type Has } from './fake-api.ts';
import { aContainer, aCronJob, aDaemonSet, aDeployment, aNode, aPod } from './objects.ts';

const about = (title: string) => ({ cluster: aCluster(title).id, title, namespace: 'payments' });
const column = async (title: string, has: Has): Promise<Column> => ({
  about: about(title),
  read: {
    facts: await readFacts(fakeApi(has), {
      namespace: 'payments',
      kinds: workloadKinds,
      server: title,
      signal: new AbortController().signal,
    }),
  },
});
const compare = async (...all: readonly Has[]) =>
  align(await Promise.all(all.map((has, at) => column(`c${at}`, has))));

/** `field container: a | b ≠`, as a user sees it. */
const rowText = ({ field, container, cells }: ComparedRow) =>
  `${container === undefined ? field : `${field} ${container}`}: ${cells
    .map(({ text = '-', unknown, differs }) => `${unknown ? '?' : text}${differs ? ' ≠' : ''}`)
    .join(' | ')}`;
const rowsOf = (comparison: Comparison, name: string) =>
  comparison.workloads.find((one) => `${one.kind}/${one.name}` === name)?.rows.map(rowText);

test('two equal clusters have no difference, whatever differs in what is not compared', async () => {
  const has = { deployments: [aDeployment({ name: 'web' })], nodes: [aNode('n1', 'v1.33.1')] };
  const other = {
    deployments: [{ ...aDeployment({ name: 'web' }), extra: 1 }],
    nodes: [aNode('n2', 'v1.33.1')],
  };
  const comparison = await compare(has, other);
  expect(comparison.differences).toBe(0);
  expect(comparison.cluster.map(rowText)).toEqual([
    'version: v1.33.1 | v1.33.1',
    'nodes: 1 | 1',
    'readyNodes: 1 | 1',
    'kubelets: v1.33.1 | v1.33.1',
  ]);
  expect(onlyDifferent(comparison)).toMatchObject({ cluster: [], workloads: [] });
});

test('images, replicas, readiness and restarts of a Deployment', async () => {
  const comparison = await compare(
    {
      deployments: [aDeployment({ name: 'web', image: 'app:1.2.0' })],
      pods: [
        aPod({
          name: 'web-6d4cf56db6-1',
          owner: 'ReplicaSet/web-6d4cf56db6',
          hash: '6d4cf56db6',
          restarts: [2, 1],
        }),
        aPod({
          name: 'web-6d4cf56db6-2',
          owner: 'ReplicaSet/web-6d4cf56db6',
          hash: '6d4cf56db6',
          restarts: [4],
        }),
        // Evicted: its restarts are over.
        aPod({
          name: 'web-6d4cf56db6-3',
          owner: 'ReplicaSet/web-6d4cf56db6',
          hash: '6d4cf56db6',
          restarts: [9],
          phase: 'Failed',
        }),
        // A ReplicaSet of its own, whose name looks like one of the Deployment.
        aPod({ name: 'web-debug-x', owner: 'ReplicaSet/web-debug', restarts: [50] }),
        aPod({ name: 'lonely', restarts: [60] }),
        aPod({ name: 'waiting', owner: 'ReplicaSet/web-6d4cf56db6', hash: '6d4cf56db6', phase: 'Pending' }),
      ],
    },
    { deployments: [aDeployment({ name: 'web', image: 'app:1.1.0', replicas: 2, ready: 0 })] },
  );
  expect(rowsOf(comparison, 'Deployment/web')).toEqual([
    'replicas: 3 | 2 ≠',
    'ready: 3/3 | 0/2 ≠',
    'restarts: 7 | 0 ≠',
    'image app: app:1.2.0 | app:1.1.0 ≠',
  ]);
  expect(comparison.differences).toBe(4);
});

test('quantities of the same size are equal, however they are written; missing ones are a difference', async () => {
  const comparison = await compare(
    {
      deployments: [
        aDeployment({
          name: 'web',
          requests: { cpu: '500m', memory: '1Gi' },
          limits: { memory: '2Gi' },
          others: [aContainer('proxy', 'envoy:1', { requests: { cpu: '1' } })],
        }),
      ],
    },
    {
      deployments: [
        aDeployment({
          name: 'web',
          requests: { memory: '1024Mi', cpu: 0.5 },
          others: [aContainer('proxy', 'envoy:1', { requests: { cpu: '1500m' } })],
        }),
      ],
    },
  );
  expect(rowsOf(comparison, 'Deployment/web')).toEqual([
    'replicas: 3 | 3',
    'ready: 3/3 | 3/3',
    'restarts: 0 | 0',
    'image app: registry.acme.example/app:1.0.0 | registry.acme.example/app:1.0.0',
    'requests app: cpu 500m, memory 1Gi | cpu 0.5, memory 1024Mi',
    'limits app: memory 2Gi | - ≠',
    'image proxy: envoy:1 | envoy:1',
    'requests proxy: cpu 1 | cpu 1500m ≠',
  ]);
});

test('containers and init containers are aligned by name, not by order', async () => {
  const [a, b] = [aContainer('a', 'a:1'), aContainer('b', 'b:1')];
  const comparison = await compare(
    { deployments: [aDeployment({ name: 'web', others: [a, b], init: [aContainer('a', 'migrate:1')] })] },
    { deployments: [aDeployment({ name: 'web', others: [b, a], init: [aContainer('a', 'migrate:2')] })] },
    { deployments: [aDeployment({ name: 'web', others: [b] })] },
  );
  expect(rowsOf(comparison, 'Deployment/web')?.slice(3)).toEqual([
    'image init:a: migrate:1 | migrate:2 ≠ | - ≠',
    `image app: ${['', '', ''].map(() => 'registry.acme.example/app:1.0.0').join(' | ')}`,
    'image a: a:1 | a:1 | - ≠',
    'image b: b:1 | b:1 | b:1',
  ]);
});

test('a workload that one cluster does not have is one difference, and its rows are none', async () => {
  const comparison = await compare({ deployments: [aDeployment({ name: 'new' })] }, {}, {});
  expect(comparison.workloads).toMatchObject([
    { name: 'new', differs: true, exists: [{ text: 'yes' }, { differs: true }, { differs: true }] },
  ]);
  expect(comparison.workloads[0]?.rows.every(({ differs }) => !differs)).toBe(true);
  expect(comparison.differences).toBe(1);
  expect(onlyDifferent(comparison).workloads).toMatchObject([{ name: 'new', rows: [] }]);
  // The same, where the first cluster is the one that does not have it.
  const turned = await compare({}, { deployments: [aDeployment({ name: 'new' })] });
  expect(turned.workloads[0]?.exists).toEqual([{}, { text: 'yes', differs: true }]);
});

test('DaemonSets count nodes, StatefulSets replicas, CronJobs have a schedule; sorted by kind and name', async () => {
  const comparison = await compare(
    {
      cronjobs: [aCronJob({ name: 'report', schedule: '0 3 * * *', timeZone: 'Europe/Berlin' })],
      daemonsets: [aDaemonSet({ name: 'agent', replicas: 3, ready: 2 })],
      statefulsets: [aDeployment({ name: 'db', replicas: 1 })],
      deployments: [aDeployment({ name: 'web' }), aDeployment({ name: 'api' })],
      pods: [
        aPod({ name: 'db-0', owner: 'StatefulSet/db', restarts: [1] }),
        aPod({ name: 'agent-x', owner: 'DaemonSet/agent', restarts: [2] }),
        aPod({ name: 'report-29401-x', owner: 'Job/report-29401', restarts: [3] }),
      ],
    },
    { cronjobs: [aCronJob({ name: 'report', schedule: '0 3 * * *' })] },
  );
  expect(comparison.workloads.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
    'Deployment/api',
    'Deployment/web',
    'StatefulSet/db',
    'DaemonSet/agent',
    'CronJob/report',
  ]);
  expect(rowsOf(comparison, 'DaemonSet/agent')?.slice(0, 3)).toEqual([
    'replicas: 3 | -',
    'ready: 2/3 | -',
    'restarts: 2 | -',
  ]);
  expect(rowsOf(comparison, 'StatefulSet/db')?.[2]).toBe('restarts: 1 | -');
  expect(rowsOf(comparison, 'CronJob/report')).toEqual([
    'schedule: 0 3 * * * (Europe/Berlin) | 0 3 * * * ≠',
    'suspended: no | no',
    'image app: registry.acme.example/app:1.0.0 | registry.acme.example/app:1.0.0',
  ]);
});

test('nodes are counted with those that are ready and the versions of their kubelets', async () => {
  const comparison = await compare(
    { nodes: [aNode('a', 'v1.33.1'), aNode('b', 'v1.32.9', 'Unknown'), aNode('c', 'v1.33.1')] },
    { nodes: [] },
  );
  expect(comparison.cluster.map(rowText)).toEqual([
    'version: v1.33.1 | v1.33.1',
    'nodes: 3 | 0 ≠',
    'readyNodes: 2 | 0 ≠',
    'kubelets: v1.32.9 (1), v1.33.1 (2) | - ≠',
  ]);
});

test('what could not be read is unknown, and no difference: a cluster, a kind, the pods, the nodes', async () => {
  const refused = new AppError('kube-unauthorized', 'nodes is forbidden');
  const has = {
    deployments: [aDeployment({ name: 'web' })],
    cronjobs: [aCronJob({ name: 'x', schedule: '@daily' })],
  };
  const comparison = align([
    { about: about('down'), read: { error: toPlainError(new AppError('edge-failed', 'It is down.')) } },
    await column('whole', has),
    await column('part', { ...has, nodes: refused, pods: refused, cronjobs: refused }),
  ]);
  expect(comparison.differences).toBe(0);
  expect(comparison.cluster.map(rowText)).toEqual([
    'version: ? | v1.33.1 | v1.33.1',
    'nodes: ? | 0 | ?',
    'readyNodes: ? | 0 | ?',
  ]);
  expect(rowsOf(comparison, 'Deployment/web')?.slice(1, 3)).toEqual([
    'ready: ? | 3/3 | 3/3',
    'restarts: ? | 0 | ?',
  ]);
  expect(rowsOf(comparison, 'CronJob/x')?.[0]).toBe('schedule: ? | @daily | ?');
  expect(comparison.workloads[1]?.exists).toEqual([{ unknown: true }, { text: 'yes' }, { unknown: true }]);
  expect(comparison.clusters).toMatchObject([
    { title: 'down', error: { code: 'edge-failed' }, gaps: [] },
    { title: 'whole', gaps: [] },
    { title: 'part', gaps: [{ of: 'nodes' }, { of: 'pods' }, { of: 'CronJob' }] },
  ]);
});

test('names like those of an object are names', async () => {
  const comparison = await compare(
    { deployments: [aDeployment({ name: '__proto__' }), aDeployment({ name: 'constructor' })] },
    {},
  );
  expect(comparison.workloads.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
});

test('texts of a cluster are one line of bounded length, and so is the comparison', async () => {
  const image = `evil\u001b[31m\n${'x'.repeat(2_000)}`;
  const named = (name: string) =>
    aDeployment({ name, image, others: Array.from({ length: 60 }, (_, n) => aContainer(`c${n}`, image)) });
  const has = { deployments: Array.from({ length: 200 }, (_, at) => named(`w${at}`)) };
  const one = await column('big', has);
  const comparison = align(Array.from({ length: 10 }, () => one));
  const text = JSON.stringify(comparison);
  expect(text.length).toBeLessThan(32 * 1024 * 1024);
  expect(text).not.toContain('\\u001b');
  expect(comparison.workloads.length).toBeGreaterThan(10);
  expect(comparison.leftOut).toBe(200 - comparison.workloads.length);
  const images = comparison.workloads[0]?.rows.filter(({ field }) => field === 'image') ?? [];
  expect(images).toHaveLength(30);
  expect(images[0]?.cells[0]?.text).toHaveLength(300);
});

test('a cluster with more workloads than can be held says so, and the rest of it is compared', async () => {
  const image = 'x'.repeat(300);
  const others = Array.from({ length: 30 }, (_, n) => aContainer(`c${n}`, image));
  const heavy = aDeployment({ name: 'w', image, others });
  const { read } = await column('big', { deployments: Array.from({ length: 1_000 }, () => heavy) });
  expect(read).toMatchObject({
    facts: { workloads: [], gaps: [{ of: 'Deployment', error: { code: 'answer-refused' } }] },
  });
});

test('images that are the same as far as they are shown still differ', async () => {
  const long = `registry.acme.example/${'x'.repeat(400)}`;
  const comparison = await compare(
    { deployments: [aDeployment({ name: 'web', image: `${long}:1` })] },
    { deployments: [aDeployment({ name: 'web', image: `${long}:2` })] },
  );
  expect(comparison.differences).toBe(1);
});

test('everything of a cluster is asked for at the same time', async () => {
  const api = fakeApi();
  const { promise: all, resolve: onAll } = Promise.withResolvers<void>();
  let asked = 0;
  const get: typeof api.get = async (path, signal) => {
    asked += 1;
    // Version, nodes, namespace, pods and four kinds.
    if (asked === 8) onAll();
    await all;
    return api.get(path, signal);
  };
  const { gaps } = await readFacts(
    { get },
    { namespace: 'payments', kinds: workloadKinds, server: 'c', signal: new AbortController().signal },
  );
  expect(gaps).toEqual([]);
});
