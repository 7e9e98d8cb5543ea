import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Output } from '../../main/api/contract.ts';
import { defaultGcp } from '../world/gcp/gcp-plan.ts';
import { defaultPlan } from '../world/plan.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

// A cluster outside Google Cloud that is registered to a fleet, through the built product: kubectl speaks to the Connect
// gateway itself, below a path, with the user's Google token.

const namespace = 'depot-berlin';
const pod = 'web-6d4cf56db6-x2v9k';

let tunnelled: Tunnelled;
beforeAll(async () => {
  const membership = {
    project: 'acme-shop',
    location: 'europe-west1',
    name: 'warehouse-member',
    labels: { 'k8s-tunnels-environment': 'staging' },
    cluster: namespace,
  };
  const gcp = { ...defaultGcp, memberships: [membership] };
  tunnelled = await connectThrough('warehouse-member', { plan: { ...defaultPlan, gcp } });
});
afterAll(() => tunnelled?.close());

test('kubectl reaches it at its path, with no proxy of ours and the user’s Google token', async (context) => {
  const { commandLine, kubectl, world } = tunnelled;
  const { clusters, users } = parse(await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8'));
  expect(clusters[0].cluster).toEqual(
    expect.objectContaining({
      server:
        'https://europe-west1-connectgateway.googleapis.com/v1/projects/314159265358/locations/europe-west1/memberships/warehouse-member',
    }),
  );
  expect(clusters[0].cluster['proxy-url']).toBeUndefined();
  expect(users[0].user.exec.args).toContain('credential');
  const { tunnels } = await commandLine.tunnels<Output<'snapshot'>>('status');
  expect(tunnels).toMatchObject([{ connector: 'direct', state: { status: 'connected' } }]);

  context.skip(whyNoKubectl !== undefined, whyNoKubectl);
  expect(await kubectl('get', 'ns', '-o', 'name')).toContain(`namespace/${namespace}`);
  expect(await kubectl('auth', 'whoami')).toContain('ada@acme.example');
  const watch = commandLine.follow('kubectl', ['get', 'ns', '-o', 'name', '--watch']);
  await watch.line(/^namespace\//);
  world.api(namespace).addNamespace('late');
  await watch.line(/^namespace\/late/);
  watch.stop();
  expect(await kubectl('exec', '-n', namespace, pod, '--', 'sh', '-c', 'echo hello')).toBe('hello');

  // The same by the local TLS proxy, for clients that cannot run a plugin.
  await commandLine.tunnels('settings', 'entryForm', 'tls');
  await expect
    .poll(async () => parse(await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8')).users[0].user.token, {
      timeout: 10_000,
    })
    .toBeDefined();
  expect(await kubectl('get', 'ns', '-o', 'name')).toContain('namespace/late');
}, 120_000);
