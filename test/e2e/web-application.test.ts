import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Output } from '../../main/api/contract.ts';
import { defaultPlan } from '../world/plan.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

// A cluster whose API is published as a web application behind Access, through the built product: kubectl speaks to a
// local TLS proxy, which adds the Access token and the credential.

const cluster = 'payments-staging-eu';
const namespace = 'payments-staging';
const pod = 'web-6d4cf56db6-x2v9k';
const hostname = 'payments-web.k8s.acme.example';

let tunnelled: Tunnelled;
beforeAll(async () => {
  const eks = defaultPlan.eks.map((one) =>
    one.name === namespace
      ? { ...one, tags: { ...one.tags, 'k8s-tunnels-hostname': hostname, 'k8s-tunnels-origin': 'https' } }
      : one,
  );
  const application = { hostname, origin: 'https', cluster: namespace } as const;
  tunnelled = await connectThrough(cluster, {
    plan: { ...defaultPlan, eks, applications: [...defaultPlan.applications, application] },
  });
});
afterAll(() => tunnelled?.close());

test('kubectl gets, watches, reads logs, runs and forwards, whatever the setting says of entries', async (context) => {
  const { commandLine, kubectl, world } = tunnelled;
  const { clusters, users } = parse(await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8'));
  expect(clusters[0].cluster.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect(clusters[0].cluster['proxy-url']).toBeUndefined();
  expect(users[0].user.token).toEqual(expect.any(String));
  const { tunnels } = await commandLine.tunnels<Output<'snapshot'>>('status');
  expect(`https://127.0.0.1:${tunnels[0]?.port}`).toBe(clusters[0].cluster.server);
  const status = await commandLine.run(`${commandLine.bin}/k8s-tunnels`, ['status']);
  expect(status.stdout).toContain('has the form tls, not socks5, because its API is a web application');

  context.skip(whyNoKubectl !== undefined, whyNoKubectl);
  expect(await kubectl('get', 'ns', '-o', 'name')).toContain('namespace/');
  const watch = commandLine.follow('kubectl', ['get', 'ns', '-o', 'name', '--watch']);
  await watch.line(/^namespace\//);
  world.api(namespace).addNamespace('late');
  await watch.line(/^namespace\/late/);
  watch.stop();
  const log = commandLine.follow('kubectl', ['logs', '-f', '-n', namespace, pod, '--tail=1']);
  await log.line(/./);
  world.api(namespace).appendLog(namespace, pod, 'one more');
  await log.line(/^one more$/);
  log.stop();
  expect(await kubectl('exec', '-n', namespace, pod, '--', 'sh', '-c', 'echo hello')).toBe('hello');
  expect(
    await commandLine.run('kubectl', ['exec', '-n', namespace, pod, '--', 'sh', '-c', 'exit 9']),
  ).toMatchObject({ code: 9 });
  // A kubectl that speaks SPDY, as all did before 1.30.
  const words = ['kubectl', 'exec', '-n', namespace, pod, '--', 'true'];
  expect(await commandLine.run('env', ['KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false', ...words])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'by SPDY, which Cloudflare does not pass on. WebSocket passes: update kubectl',
    ),
  });
  const forwarding = commandLine.follow('kubectl', [
    'port-forward',
    '-n',
    namespace,
    'deployment/web',
    ':8080',
  ]);
  const [, port] = /127\.0\.0\.1:(\d+) -> 8080/.exec(await forwarding.line(/^Forwarding from 127/)) ?? [];
  expect(await (await fetch(`http://127.0.0.1:${port}/x`)).text()).toMatch(/^web-\S+: GET \/x\n$/);
  forwarding.stop();

  // An application token that was revoked is replaced in passing.
  world.access.revokeApp(hostname);
  expect(await kubectl('get', 'ns', '-o', 'name')).toContain('namespace/late');

  // A session that has ended is begun again in the browser, for the command that finds it ended.
  const tabs = (await world.browser.tabs()).length;
  world.access.revokeAll();
  expect(await kubectl('get', 'ns', '-o', 'name')).toContain('namespace/late');
  expect(await world.browser.tabs()).toHaveLength(tabs + 1);

  // A policy that changes is reported as such, and no page of the edge is printed.
  world.access.setPolicy(hostname, ['grace@acme.example']);
  const denied = await commandLine.run('kubectl', ['get', 'ns']);
  expect(denied.code).toBe(1);
  expect(denied.stderr).toContain(`the Access policy of ${hostname} denies you access`);
  expect(denied.stderr).not.toContain('<h1>');
  world.access.setPolicy(hostname, undefined);

  // An on-demand context: the first client opens it.
  await commandLine.tunnels('disconnect', cluster);
  expect(await kubectl('--context', cluster, 'get', 'ns', '-o', 'name')).toContain('namespace/');
}, 120_000);
