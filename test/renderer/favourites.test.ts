import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const billing = aCluster('billing');
const ledger = aCluster('ledger');
const orders = aCluster('orders');
const payments = aCluster('payments');
const search = aCluster('search');
const snapshot = {
  clusters: [billing, ledger, orders, payments, search],
  // The first is connected, so that it is not among them in the list.
  favourites: [search.id, billing.id, orders.id, payments.id],
  tunnels: [aTunnel(search.id, connected())],
};
const before = ['search', 'billing', 'orders', 'payments', 'ledger'];

const middleOf = async ({ row }: ShownWindow, title: string) => {
  const box = await row(title).boundingBox();
  if (box === null) throw new Error('It is not shown.');
  return { x: box.x + 120, y: box.y + box.height / 2 };
};
/** Presses the button on a row and moves to another one, past its middle. */
const dragTo = async (window: ShownWindow, title: string, to: string, past = 0) => {
  const { page } = window;
  const [from, at] = [await middleOf(window, title), await middleOf(window, to)];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x, from.y + 3);
  await page.mouse.move(at.x, at.y + past, { steps: 4 });
};
const isDragging = (page: Page) => page.locator('.drop-line').count();

test('a favourite is dragged to another position, which the agent stores; nothing is opened', async (context) => {
  const window = await shown.open(context, snapshot);
  const { page, titles, agent } = window;
  // Rows that slide are nowhere to press.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await eventually(titles).toEqual(before);
  await dragTo(window, 'billing', 'payments', 10);
  expect(await isDragging(page)).toBe(1);
  await page.mouse.up();
  await eventually(titles).toEqual(['search', 'orders', 'payments', 'billing', 'ledger']);
  expect(agent.snapshot().favourites).toEqual([search.id, orders.id, payments.id, billing.id]);
  expect(await isDragging(page)).toBe(0);

  await dragTo(window, 'billing', 'orders', -10);
  await page.mouse.up();
  await eventually(titles).toEqual(['search', 'billing', 'orders', 'payments', 'ledger']);
  // Dropped where it was.
  await dragTo(window, 'orders', 'orders', 8);
  await page.mouse.up();
  await page.mouse.move(200, 10);
  expect(await titles()).toEqual(before);
  expect(await page.getByRole('heading', { level: 1, name: 'orders' }).count()).toBe(0);
});

test('Escape leaves the order as it is, and so does a press that does not move', async (context) => {
  const window = await shown.open(context, snapshot);
  const { page, titles, agent } = window;
  // Rows that slide are nowhere to press.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await eventually(titles).toEqual(before);
  let orderings = 0;
  agent.handlers['favourites-order'] = async ({ favourites }) => {
    orderings += 1;
    return { favourites };
  };
  await dragTo(window, 'billing', 'payments', 10);
  await page.keyboard.press('Escape');
  expect(await isDragging(page)).toBe(0);
  await page.mouse.up();
  expect(await page.getByRole('heading', { level: 1, name: 'billing' }).count()).toBe(0);
  const at = await middleOf(window, 'orders');
  await page.mouse.click(at.x, at.y);
  await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor();
  expect(orderings).toBe(0);
});

test('other rows are not dragged, nor favourites that are ordered by name', async (context) => {
  const window = await shown.open(context, snapshot);
  const { page, titles, agent } = window;
  // Rows that slide are nowhere to press.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await eventually(titles).toEqual(before);
  await dragTo(window, 'ledger', 'billing');
  expect(await isDragging(page)).toBe(0);
  await page.mouse.up();
  await page.mouse.move(200, 10);
  const { settings, settingsFrom } = agent.snapshot();
  agent.tell({
    kind: 'set',
    values: { settings: { ...settings, favouritesOrder: 'name' }, settingsFrom },
  });
  await dragTo(window, 'billing', 'payments');
  expect(await isDragging(page)).toBe(0);
  await page.mouse.up();
});

test('the keyboard moves them, too, past those that are connected', async (context) => {
  const { page, titles, switchOf, agent } = await shown.open(context, snapshot);
  await switchOf('orders').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await eventually(titles).toEqual(['search', 'orders', 'billing', 'payments', 'ledger']);
  expect(agent.snapshot().favourites).toEqual([search.id, orders.id, billing.id, payments.id]);
});
