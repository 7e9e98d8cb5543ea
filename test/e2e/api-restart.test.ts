import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

const cluster = 'payments-staging-eu';
const name = 'payments-staging';

let tunnelled: Tunnelled;

beforeAll(async () => {
  if (whyNoKubectl === undefined) tunnelled = await connectThrough(cluster);
}, 60_000);

afterAll(() => tunnelled?.close());

beforeEach((context) => context.skip(whyNoKubectl !== undefined, whyNoKubectl));

/** kubectl gives up before its own patience with a connection on which nothing comes back would end. */
const ready = () => tunnelled.kubectl('--request-timeout=4s', 'get', '--raw', '/readyz');

test('kubectl gets through right after its API server was restarted, which the tunnel does not pass on', async () => {
  const { world } = tunnelled;
  const api = world.api(name);
  // The connection that is kept ready for the next command.
  const open = () => world.access.openConnections();
  for (let restart = 0; restart < 2; restart++) {
    expect(await ready()).toBe('ok');
    await expect.poll(open).toBeGreaterThan(0);
    const before = open();
    await api.stop();
    await api.start();
    // cloudflared waits for both directions: nothing shows at this end that the API server has closed them.
    expect(open()).toBe(before);
    expect(await ready()).toBe('ok');
  }
});
