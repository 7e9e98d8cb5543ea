import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { whyNoRealKube } from './kube-apiserver.ts';
import { createKubectl, type Kubectl, whyNoKubectl } from './kube-fixture.ts';
import { peers } from './kube-peers.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'probe', labels: { app: 'probe' } },
  spec: {
    containers: [
      { name: 'app', image: 'app:1' },
      { name: 'side', image: 'side:1' },
    ],
  },
};
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'api' },
  spec: {
    selector: { matchLabels: { app: 'api' } },
    template: {
      metadata: { labels: { app: 'api' } },
      spec: { containers: [{ name: 'app', image: 'app:1', ports: [{ containerPort: 80 }] }] },
    },
  },
};
const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other', namespace: 'default' } };

/** What is asked of both, in this order: each builds on those before it. */
const commands = [
  'create configmap flags --from-literal=a=1',
  'create configmap flags --from-literal=a=1',
  'create configmap No_Name --from-literal=a=1',
  'create secret generic word --from-literal=a=1',
  'create configmap lost -n nowhere --from-literal=a=1',
  'create namespace Wrong_1',
  'get configmap flags',
  'get configmap flags -o jsonpath={.data}',
  'get configmap nope',
  'get secret word',
  'get secret word -o jsonpath={.data}{.type}',
  'get widgets',
  'get configmap -l a=b,c',
  'get configmap -l a=b=c',
  'get pods --field-selector spec.colour=red',
  'get deployment nope',
  'get --raw /api/v1/namespaces/shop/nope',
  'get --raw /nope',
  'get --raw /readyz',
  'get --raw /readyz/ping',
  'apply -f pod.json',
  'get pod probe',
  'get pod probe -o jsonpath={.spec.containers[0].imagePullPolicy}{.spec.dnsPolicy}{.status}',
  'logs probe',
  'logs probe -c app',
  'logs probe -c nope',
  'exec probe -c app -- true',
  'port-forward probe :80',
  'patch configmap flags --type=merge -p {"data":{"b":"2"}}',
  'patch configmap flags --type=json -p [{"op":"remove","path":"/data/nope"}]',
  'patch configmap flags --type=json -p [{"op":"test","path":"/data/a","value":"9"}]',
  'patch configmap nope --type=merge -p {}',
  'patch configmap flags --type=merge -p {"metadata":{"resourceVersion":"1"}}',
  'label configmap flags tier=x',
  'label configmap flags tier=y',
  'annotate configmap flags note=1 --overwrite',
  'apply -f other.json',
  'apply --server-side -f other.json -n default',
  'apply --server-side -f unknown.json',
  'apply -f unknown.json',
  'create -f unknown.json --validate=warn',
  'apply -f unknown.json',
  'replace -f unknown.json',
  'patch configmap unknown --type=merge -p {"dta":{"a":"1"}}',
  'patch configmap unknown -p {"dta":{"a":"1"}}',
  'patch configmap unknown --type=json -p {}',
  'get configmap unknown -o jsonpath={.metadata.managedFields[*].manager}',
  'attach probe -c app',
  'exec nope -- true',
  'rollout history deployment nope',
  'apply -f deployment.json',
  'apply -f deployment.json',
  'get deployment api -o wide',
  'get deployment api -o jsonpath={.spec}',
  'scale deployment api --replicas=3',
  'set image deployment/api app=app:2',
  'get deployment api -o jsonpath={.spec}',
  'apply --server-side -f deployment.json',
  'apply --server-side -f deployment.json --force-conflicts',
  'get deployment api -o jsonpath={.spec}',
  'diff -f deployment.json',
  'replace -f deployment.json',
  'scale deployment nope --replicas=1',
  'delete deployment api',
  'expose pod probe --port=80 --labels=a=b',
  'get service -l a=b',
  'get service probe -o jsonpath={.spec.ports}{.spec.type}',
  'create serviceaccount robot',
  'get serviceaccount robot -o name',
  'wait --for=delete configmap/nope --timeout=1s',
  'auth can-i list pods',
  'auth whoami',
  'delete configmap flags',
  'delete configmap flags',
  'delete pod probe --grace-period=0 --force',
  'delete namespace kube-system --dry-run=server',
  'delete namespace default',
] as const;

/** Without what differs between any two servers. */
const normal = (said: string, home: string) =>
  said
    .replaceAll(home, 'HOME')
    .replace(/\b\d+(ms|s)\b/g, 'AGE')
    .replace(/\b10\.96\.\d+\.\d+ */g, 'ADDRESS ')
    .replace(/(CLUSTER-IP) +/, '$1 ')
    .replace(/^UID .*\n/m, '')
    .replace(/^(Groups +).*/m, '$1GROUPS');

/** The answers of one server to all commands. */
async function askAll(kubectl: Kubectl) {
  const files = { pod, deployment, other, unknown: { ...other, metadata: { name: 'unknown' }, dta: {} } };
  for (const [name, object] of Object.entries(files)) {
    await writeFile(path.join(kubectl.home, `${name}.json`), JSON.stringify(object));
  }
  const answers: object[] = [];
  for (const command of commands) {
    const { code, out } = await kubectl.run(...command.split(' '));
    answers.push({ command, code, out: normal(out, kubectl.home) });
  }
  return answers;
}

test('the double answers kubectl as a real kube-apiserver does', async (context) => {
  const reason = whyNoRealKube ?? whyNoKubectl;
  context.skip(reason !== undefined, reason);
  const [double, real] = await Promise.all(
    peers.map(async ({ start }) => {
      const server = await start();
      const kubectl = await createKubectl(server);
      try {
        return await askAll(kubectl);
      } finally {
        await kubectl.close();
        await server.close();
      }
    }),
  );
  expect(double).toEqual(real);
}, 120_000);
