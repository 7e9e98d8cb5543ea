import { expect, test } from 'vitest';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();
const [orders, billing] = [aCluster('orders'), aCluster('billing')];
const team = 'acme.cloudflareaccess.com';

const failure = {
  stage: 'edge',
  error: { code: 'network-unreachable', message: 'The network cannot be reached.', retryable: true },
  mender: 'network',
} as const;
const waits = () =>
  aTunnel(orders.id, {
    status: 'reconnecting',
    since: Date.now(),
    attempt: 4,
    nextAt: Date.now() + 60_000,
    failure,
  });

test('a cluster that waits for its next try is tried now from its row, and from its page', async (context) => {
  const { page, row, agent } = await shown.open(context, {
    clusters: [orders, billing],
    tunnels: [waits(), aTunnel(billing.id, connected())],
  });
  expect(await page.getByRole('button', { name: 'Retry now', exact: true }).count()).toBe(0);
  await row('orders').getByRole('button', { name: 'Retry now: orders' }).click();
  // Under the pointer, the latency has given way to the button that makes the cluster current.
  await row('orders').getByText('42 ms').waitFor({ state: 'attached' });
  expect(await page.getByRole('button', { name: 'Retry now: orders' }).count()).toBe(0);

  agent.tell({ kind: 'tunnel', tunnel: waits() });
  const asked: unknown[] = [];
  const { retry } = agent.handlers;
  agent.handlers.retry = (input, how) => {
    asked.push(input);
    return retry(input, how);
  };
  await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
  await page.getByRole('button', { name: 'Retry now', exact: true }).click();
  await eventually(async () => agent.snapshot().tunnels.map(({ state }) => state.status)).toEqual([
    'connected',
    'connected',
  ]);
  expect(asked).toEqual([{ clusters: [orders.id] }]);
});

test('what is missing on this computer is no stage of the way', async (context) => {
  const error = {
    code: 'connector-unavailable',
    message: 'There is no cloudflared on this computer.',
    hint: 'Install it.',
    retryable: false,
  } as const;
  const { page, row } = await shown.open(context, {
    clusters: [orders],
    tunnels: [
      aTunnel(orders.id, {
        status: 'failed',
        since: Date.now(),
        failure: { stage: 'local', error, mender: 'you' },
      }),
    ],
  });
  await row('orders').getByRole('button', { name: 'Details: orders' }).click();
  const stages = page.locator('.stages li');
  await stages.first().waitFor();
  expect(await stages.allInnerTexts()).toEqual(
    [
      'This computer failed',
      ...['Edge', 'Access', 'Origin', 'TLS', 'Ready'].map((one) => `${one} not reached`),
    ].map((line) => expect.stringMatching(new RegExp(line.replace(/ (failed|not reached)$/, '\\s+$1')))),
  );
});

test('a session that its organisation ended is shown as ended, until somebody signs in', async (context) => {
  const session = { authDomain: team, email: 'ada@example.com', endsAt: Date.now() + 6 * 24 * 3_600_000 };
  const { page, agent } = await shown.open(context, { clusters: [orders], sessions: [session] });
  await page.getByRole('contentinfo').getByText('ada@example.com').waitFor();
  agent.tell({
    kind: 'set',
    values: {
      sessions: [],
      endedSessions: [{ authDomain: team, email: 'ada@example.com', isRevoked: true }],
    },
  });
  await page.getByRole('contentinfo').getByText('Session ended').waitFor();
  expect(await page.getByRole('contentinfo').getByText('ada@example.com').count()).toBe(0);
  agent.tell({ kind: 'set', values: { sessions: [session], endedSessions: [] } });
  await page.getByRole('contentinfo').getByText('ada@example.com').waitFor();
});
