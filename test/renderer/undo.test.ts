import { expect, test } from 'vitest';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders');
const payments = aCluster('payments', { environment: 'production' });
const clusters = [orders, payments];
const tunnels = [aTunnel(orders.id, connected()), aTunnel(payments.id, connected(), 41_002)];

test('what was disconnected comes back by Undo, with kubectl', async (context) => {
  const { page, agent, switchOf } = await shown.open(context, {
    clusters,
    tunnels,
    kubectl: { context: 'orders', cluster: orders.id },
  });
  const { disconnect } = agent.handlers;
  agent.handlers.disconnect = (input, call) => {
    agent.tell({ kind: 'set', values: { kubectl: {} } });
    return disconnect(input, call);
  };
  await switchOf('orders').click();
  const toast = page.getByRole('status').filter({ hasText: 'Disconnected orders.' });
  await toast.getByRole('button', { name: 'Undo' }).click();
  await eventually(() => switchOf('orders').isChecked()).toBe(true);
  await eventually(async () => agent.snapshot().kubectl.cluster).toBe(orders.id);
  await toast.waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Disconnect all' }).click();
  await page.getByText('Disconnected 2 clusters.').waitFor();
  await page.keyboard.press('Control+z');
  await eventually(() => page.getByRole('switch', { checked: true }).count()).toBe(2);
});

test('the way back is there for six seconds, and longer for who is at it', async (context) => {
  const { page, switchOf } = await shown.open(context, { clusters, tunnels }, { movesClock: true });
  await switchOf('orders').waitFor();
  await page.clock.install();
  await switchOf('orders').click();
  const undo = page.getByRole('button', { name: 'Undo' });
  await undo.focus();
  await page.clock.runFor(20_000);
  expect(await undo.count()).toBe(1);
  await switchOf('payments').focus();
  await page.clock.runFor(5_900);
  expect(await undo.count()).toBe(1);
  await page.clock.runFor(200);
  await eventually(() => undo.count()).toBe(0);
});

test('a star that was lost comes back to its place', async (context) => {
  const { page, agent } = await shown.open(context, { clusters, favourites: [payments.id, orders.id] });
  await page.getByRole('button', { name: 'Favourite payments' }).click();
  await page.getByText('Removed payments from favourites.').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await eventually(async () => agent.snapshot().favourites).toEqual([payments.id, orders.id]);
});
