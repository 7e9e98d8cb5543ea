import { expect, test } from 'vitest';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders');
const payments = aCluster('payments', { environment: 'production' });
const snapshot = { clusters: [orders, payments], tunnels: [aTunnel(orders.id, connected())] };

const open = async (context: Parameters<typeof shown.open>[0]) => {
  const window = await shown.open(context, snapshot);
  await window.page.setViewportSize({ width: 960, height: 680 });
  const beside = (name: string) => window.page.getByRole('complementary', { name, exact: true });
  await beside('Cluster details').getByText('Open a cluster to see its details here.').waitFor();
  return { ...window, beside };
};

test('in a wide window a cluster stands beside the list, in which the person goes on', async (context) => {
  const { page, beside, focused, switchOf, row, titles } = await open(context);
  await switchOf('orders').first().focus();
  await page.keyboard.press('Enter');
  await beside('orders').getByRole('heading', { name: 'orders', level: 1 }).waitFor();
  expect(await titles()).toEqual(['orders', 'payments']);
  expect(await row('orders').getAttribute('aria-current')).toBe('true');
  const [list, detail] = await Promise.all([
    page.getByRole('main').boundingBox(),
    beside('orders').boundingBox(),
  ]);
  expect((list?.x ?? 0) + (list?.width ?? 0)).toBeLessThanOrEqual(detail?.x ?? 0);

  expect(await focused()).toBe('Connect orders');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await beside('payments').getByRole('heading', { name: 'payments', level: 1 }).waitFor();
  expect(await beside('orders').count()).toBe(0);
  await page.keyboard.press('Escape');
  await beside('Cluster details').waitFor();
  expect(await focused()).toBe('Connect payments');
});

test('pages take the focus there too, and give it back', async (context) => {
  const { page, beside, focused } = await open(context);
  await page.getByRole('button', { name: 'Settings' }).click();
  await beside('Settings').getByLabel('Group by').waitFor();
  await eventually(focused).toBe('Settings');
  await page.keyboard.press('Escape');
  await beside('Cluster details').waitFor();
  expect(await page.evaluate(() => document.activeElement?.className)).toBe('icon-button');
});

test('a window that becomes narrow shows the page in place of the list, and the list when it is left', async (context) => {
  const { page, titles, row } = await open(context);
  await row('payments').getByRole('button', { name: 'payments', exact: true }).click();
  await page.getByRole('heading', { name: 'payments', level: 1 }).waitFor();
  await page.setViewportSize({ width: 440, height: 680 });
  await eventually(() => row('payments').isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Clusters', exact: true }).click();
  await eventually(() => row('payments').isVisible()).toBe(true);
  expect(await titles()).toEqual(['orders', 'payments']);
});

test('a wide window shows the current cluster until another is opened, and follows it', async (context) => {
  const { agent, page, row, switchOf } = await shown.open(
    context,
    { ...snapshot, kubectl: { context: 'orders', cluster: orders.id } },
    { size: { width: 960, height: 680 } },
  );
  const beside = (name: string) => page.getByRole('complementary', { name, exact: true });
  const heading = (name: string) => beside(name).getByRole('heading', { name, level: 1 });
  await heading('orders').waitFor();
  expect(await row('orders').getAttribute('aria-current')).toBe('true');
  // There is nothing to go back to, and the row has the switch.
  expect(await beside('orders').getByRole('button', { name: 'Close', exact: true }).count()).toBe(0);
  expect(await switchOf('orders').count()).toBe(1);
  await page.keyboard.press('Escape');
  await heading('orders').waitFor();

  await row('payments').getByRole('button', { name: 'payments', exact: true }).click();
  await heading('payments').waitFor();
  await page.keyboard.press('Escape');
  await heading('orders').waitFor();
  agent.tell({ kind: 'set', values: { kubectl: { context: 'payments', cluster: payments.id } } });
  await heading('payments').waitFor();
  agent.tell({ kind: 'set', values: { kubectl: { context: 'minikube' } } });
  await beside('Cluster details').getByText('Open a cluster to see its details here.').waitFor();
});

test('however wide the window is, the list has at most 440 px and a page 720', async (context) => {
  const { page, row } = await shown.open(context, snapshot, { size: { width: 900, height: 680 } });
  await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
  await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
  const widthOf = (selector: string) =>
    page.locator(selector).evaluate((element) => element.getBoundingClientRect().width);
  for (const width of [900, 1_280, 2_560]) {
    await page.setViewportSize({ width, height: 680 });
    await eventually(() => widthOf('.window')).toBe(width);
    const list = await widthOf('.list-page');
    expect(list).toBeGreaterThanOrEqual(400);
    expect(list).toBeLessThanOrEqual(440);
    const detail = await widthOf('.detail');
    expect(detail).toBeGreaterThanOrEqual(Math.min(720, width - list - 2));
    expect(detail).toBeLessThanOrEqual(720);
    // The buttons of the page are above it, not at the edge of the window.
    const [controls, left] = await Promise.all(
      ['.crumb-controls', '.sub-page'].map((selector) => page.locator(selector).boundingBox()),
    );
    expect((controls?.x ?? 0) + (controls?.width ?? 0) - (left?.x ?? 0)).toBeLessThanOrEqual(722);
  }
  await page.getByRole('button', { name: 'Settings' }).click();
  await eventually(() => widthOf('.settings-group >> nth=0')).toBe(720);
});
