import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectThrough, type Tunnelled } from '../tunnel-fixture.ts';

// docs/runbook.md: the credentials of a tunnel. Cloudflare's side is not here: what users see while a tunnel has no
// connector, and when it has one again.

const cluster = 'payments-staging-eu';
const patience = { timeout: 30_000, interval: 100 };
let tunnelled: Tunnelled;
beforeAll(async () => {
  tunnelled = await connectThrough(cluster);
});
afterAll(() => tunnelled?.close());

test('while the tunnel has no connector the cluster is unreachable; then it connects again without a sign-in', async (context) => {
  const { world, commandLine } = tunnelled;
  context.skip(commandLine.kubectl === undefined, 'kubectl is not installed');
  const status = async () => (await commandLine.snapshot()).tunnels[0]?.state.status;
  const kubectl = () => commandLine.run('kubectl', ['--context', cluster, 'get', 'ns', '-o', 'name']);
  const back = world.traffic.inject({ service: 'edge', operation: 'upgrade', does: { kind: 'error' } });
  expect(world.access.dropConnections()).toBeGreaterThan(0);
  await vi.waitFor(async () => expect(await status()).toMatch(/reconnecting|failed|degraded/), patience);
  expect((await kubectl()).code).not.toBe(0);
  back();
  await vi.waitFor(async () => expect(await status()).toBe('connected'), patience);
  expect(await kubectl()).toMatchObject({ code: 0, stdout: expect.stringContaining('payments-staging') });
  expect(await world.browser.tabs()).toHaveLength(1);
});
