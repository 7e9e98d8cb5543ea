import { describe, expect, test } from 'vitest';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aTunnel, connected, originFailure } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const billing = aCluster('billing');
const orders = aCluster('orders');
const payments = aCluster('payments', { environment: 'production' });
const bare = aCluster('bare', { reach: { kind: 'none', reason: 'Tag k8s-tunnels-hostname is missing.' } });
const clusters = [billing, orders, payments, bare];

const menuOf = ({ page }: ShownWindow, title: string) =>
  page.getByRole('menu', { name: `Actions for ${title}` });
const itemsOf = async (window: ShownWindow, title: string) => {
  const items = menuOf(window, title).getByRole('menuitem');
  await items.first().waitFor();
  return items.evaluateAll((all) =>
    all.map(
      (item) =>
        `${item.querySelector('span')?.textContent}${item.getAttribute('aria-disabled') === 'true' ? ' (disabled)' : ''}`,
    ),
  );
};
const openedTitle = ({ page }: ShownWindow, title: string) =>
  page.getByRole('heading', { name: title, level: 1 });

describe('a click on a row', () => {
  test('opens the cluster, wherever beside the controls it hits, and the row has the focus', async (context) => {
    const window = await shown.open(
      context,
      { clusters },
      {
        size: { width: 1_000, height: 680 },
      },
    );
    const { page, row, focused, agent } = window;
    await row('orders').locator('.row-line').click();
    await openedTitle(window, 'orders').waitFor();
    expect(await focused()).toBe('Connect orders');
    await row('billing').click({ position: { x: 14, y: 30 } });
    await openedTitle(window, 'billing').waitFor();
    // The gap between the name and the switch.
    const box = await row('payments').boundingBox();
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) * 0.7, (box?.y ?? 0) + 20);
    await openedTitle(window, 'payments').waitFor();
    expect(await focused()).toBe('Connect payments');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('bare');
    expect(agent.snapshot().tunnels).toEqual([]);
  });

  test('opens nothing where it hits the switch or the star', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, row, switchOf, agent } = window;
    await row('orders').getByRole('button', { name: 'Favourite orders' }).click();
    await eventually(async () => agent.snapshot().favourites).toEqual([orders.id]);
    await switchOf('orders').click();
    await eventually(() => switchOf('orders').isChecked()).toBe(true);
    expect(await page.getByRole('heading', { level: 1, name: 'orders' }).count()).toBe(0);
  });

  test('with Ctrl selects it, and leaves the focus in the list', async (context) => {
    const { row, focused, page } = await shown.open(context, { clusters });
    await row('orders')
      .locator('.row-line')
      .click({ modifiers: ['Control'] });
    await page.getByText('1 selected').waitFor();
    expect(await focused()).toBe('Connect orders');
  });
});

describe('the menu of a row', () => {
  test('has its actions; what is not possible now is disabled', async (context) => {
    const window = await shown.open(context, {
      clusters,
      tunnels: [
        aTunnel(orders.id, connected()),
        aTunnel(payments.id, {
          status: 'reconnecting',
          since: 1,
          attempt: 1,
          nextAt: Date.now() + 60_000,
          failure: originFailure,
        }),
      ],
      favourites: [billing.id],
    });
    const { page, row } = window;
    const common = ['Set current', 'Copy command', 'Open terminal'] as const;
    await row('orders').click({ button: 'right' });
    expect(await itemsOf(window, 'orders')).toEqual([
      ...['Open', 'Disconnect', ...common, 'Add to favourites', 'Copy link'],
    ]);
    await page.keyboard.press('Escape');
    await row('payments').click({ button: 'right' });
    expect(await itemsOf(window, 'payments')).toEqual([
      ...['Open', 'Retry now', 'Disconnect', ...common, 'Add to favourites', 'Copy link'],
    ]);
    await page.keyboard.press('Escape');
    await row('billing').click({ button: 'right' });
    expect(await itemsOf(window, 'billing')).toEqual([
      ...['Open', 'Connect', 'Set current (disabled)', 'Copy command (disabled)', 'Open terminal'],
      ...['Remove from favourites', 'Move up (disabled)', 'Move down (disabled)', 'Copy link'],
    ]);
    await page.keyboard.press('Escape');
    await row('bare').click({ button: 'right' });
    expect(await itemsOf(window, 'bare')).toEqual([
      ...['Open', 'Connect (disabled)', 'Set current (disabled)', 'Copy command (disabled)'],
      ...['Open terminal (disabled)', 'Add to favourites', 'Copy link'],
    ]);
  });

  test.for([['ContextMenu'], ['Shift+F10']] as const)(
    'opens with %s and works by keys; the focus returns to the row',
    async ([key], context) => {
      const window = await shown.open(context, { clusters });
      const { page, switchOf, focused, agent } = window;
      const role = () => page.evaluate(() => document.activeElement?.getAttribute('role'));
      await switchOf('orders').focus();
      await page.keyboard.press(key);
      await menuOf(window, 'orders').waitFor();
      await eventually(role).toBe('menuitem');
      await page.keyboard.press('Escape');
      await menuOf(window, 'orders').waitFor({ state: 'detached' });
      await eventually(focused).toBe('Connect orders');

      await page.keyboard.press(key);
      await eventually(role).toBe('menuitem');
      await page.keyboard.type('add');
      await page.keyboard.press('Enter');
      await eventually(async () => agent.snapshot().favourites).toEqual([orders.id]);
      // The row is elsewhere by then.
      await eventually(focused).toBe('Connect orders');
    },
  );

  test('does what its items say', async (context) => {
    const window = await shown.open(context, {
      clusters,
      kept: [orders.id],
      favourites: [billing.id, payments.id],
    });
    const { page, row, agent, clipboard, switchOf, titles } = window;
    const choose = async (title: string, item: string) => {
      await row(title).click({ button: 'right' });
      await menuOf(window, title).getByRole('menuitem', { name: item, exact: true }).click();
      await menuOf(window, title).waitFor({ state: 'detached' });
    };
    await choose('orders', 'Copy link');
    await eventually(clipboard).toBe(`k8s-tunnels://connect?cluster=${orders.id}`);
    await page.getByText('Copied the link to orders.').waitFor();
    await choose('orders', 'Copy command');
    await eventually(clipboard).toBe('kubectl --context orders get namespaces');
    await choose('billing', 'Move down');
    await eventually(titles).toEqual(['payments', 'billing', 'orders', 'bare']);
    await choose('orders', 'Connect');
    await eventually(() => switchOf('orders').isChecked()).toBe(true);
    await choose('orders', 'Set current');
    await eventually(async () => agent.snapshot().kubectl.cluster).toBe(orders.id);
    await choose('orders', 'Disconnect');
    await eventually(async () => agent.snapshot().tunnels).toEqual([]);
    await choose('billing', 'Remove from favourites');
    await eventually(async () => agent.snapshot().favourites).toEqual([payments.id]);
    await row('billing').click({ button: 'right' });
    await page.keyboard.press('Enter');
    await openedTitle(window, 'billing').waitFor();
  });

  test('is at the pointer, within the window, and goes with its cluster', async (context) => {
    const window = await shown.open(context, { clusters });
    const { agent, page, row } = window;
    const box = await row('bare').boundingBox();
    const at = { x: (box?.x ?? 0) + 60, y: (box?.y ?? 0) + 10 };
    await page.mouse.click(at.x, at.y, { button: 'right' });
    const place = await menuOf(window, 'bare').boundingBox();
    expect(Math.abs((place?.x ?? 0) - at.x)).toBeLessThan(12);
    expect((place?.y ?? 0) + (place?.height ?? 0)).toBeLessThanOrEqual(680);
    agent.tell({ kind: 'catalog', upserted: [], removed: [bare.id], cells: [], removedCells: [] });
    await menuOf(window, 'bare').waitFor({ state: 'detached' });
  });

  test.for([379, 320, 220])('is behind a button in a window of %i px', async (width, context) => {
    const window = await shown.open(
      context,
      {
        clusters,
        tunnels: [aTunnel(orders.id, { status: 'failed', since: 1, failure: originFailure })],
      },
      { size: { width, height: 340 } },
    );
    const { page, row, agent, switchOf } = window;
    const more = row('orders').getByRole('button', { name: 'Actions for orders' });
    await more.click();
    const box = await menuOf(window, 'orders').boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
    await page.keyboard.press('Escape');
    for (const title of ['billing', 'payments', 'orders']) {
      const [name, control, button] = await Promise.all([
        row(title).locator('.row-title').boundingBox(),
        switchOf(title).boundingBox(),
        row(title)
          .getByRole('button', { name: `Actions for ${title}` })
          .boundingBox(),
      ]);
      expect(name?.width).toBeGreaterThan(35);
      expect((control?.x ?? 0) + (control?.width ?? 0)).toBeLessThanOrEqual(width);
      expect(button?.x).toBeGreaterThan(name?.x ?? 0);
    }
    await row('payments').getByText('production', { exact: true }).waitFor();
    await more.click();
    await menuOf(window, 'orders').getByRole('menuitem', { name: 'Disconnect' }).click();
    await eventually(async () => agent.snapshot().tunnels).toEqual([]);
  });

  test('needs no button where the window is wider', async (context) => {
    const { row } = await shown.open(context, { clusters }, { size: { width: 380, height: 680 } });
    await row('orders').waitFor();
    expect(await row('orders').getByRole('button', { name: 'Actions for orders' }).count()).toBe(0);
  });
});

test('Ctrl and Enter opens a terminal on the row with the focus', async (context) => {
  const { agent, page, switchOf } = await shown.open(context, { clusters });
  const asked: unknown[] = [];
  agent.handlers['terminal-open'] = async (input) => {
    asked.push(input);
    return { program: '/usr/bin/xterm' };
  };
  await switchOf('orders').focus();
  await page.keyboard.press('Control+Enter');
  await eventually(async () => asked).toEqual([{ cluster: orders.id }]);
});
