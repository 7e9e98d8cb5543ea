import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const billing = aCluster('billing', { environment: 'staging' });
const orders = aCluster('orders');
const payments = aCluster('payments', { environment: 'production' });
const search = aCluster('search');
const clusters = [billing, orders, payments, search];

const heads = (page: Page) =>
  page
    .locator('.section-head')
    .evaluateAll((all) =>
      all.map((head) => [...head.querySelectorAll('h2, h2 + span')].map((one) => one.textContent).join(' ')),
    );
const lineOf = ({ row }: ShownWindow, title: string) => row(title).locator('.row-line').textContent();

describe('a row says nothing twice', () => {
  test('and leaves out what the head of its group says', async (context) => {
    const elsewhere = aCluster('docs', { source: 'gke', account: 'shop', region: 'europe-west4' });
    const window = await shown.open(context, {
      clusters: [...clusters, elsewhere],
      favourites: [search.id],
      tunnels: [aTunnel(orders.id, connected())],
    });
    const { agent, row, page } = window;
    await row('billing').waitFor();
    const lines = async () => {
      const titles = ['orders', 'search', 'billing', 'docs'];
      return Promise.all(titles.map((title) => lineOf(window, title)));
    };
    // The connected and the favourites are of many accounts.
    const full = 'EKS · 111122223333 · eu-west-1';
    expect(await lines()).toEqual([full, full, 'eu-west-1', 'europe-west4']);
    const group = (listGroup: 'cloud' | 'environment') => {
      const { settings, settingsFrom } = agent.snapshot();
      agent.tell({ kind: 'set', values: { settings: { ...settings, listGroup }, settingsFrom } });
    };
    group('cloud');
    await eventually(lines).toEqual([full, full, '111122223333 · eu-west-1', 'shop · europe-west4']);
    expect(await row('billing').locator('.badge').allTextContents()).toEqual(['staging']);
    group('environment');
    await eventually(lines).toEqual([full, full, full, 'GKE · shop · europe-west4']);
    expect(await row('billing').locator('.badge').count()).toBe(0);
    // Production looks the same everywhere.
    await row('payments').getByText('production', { exact: true }).waitFor();
    // A port is on the cluster's page, and what is not connected has no mark.
    expect(await page.getByText(':41001').count()).toBe(0);
    expect(await row('billing').locator('.state-mark svg').count()).toBe(0);
    expect(await row('billing').locator('.state-mark').textContent()).toBe('Not connected');
  });

  test('a cluster without a region has its name in the middle', async (context) => {
    const { row } = await shown.open(context, {
      clusters: [aCluster('plant', { source: 'vault', account: 'clusters', region: '/' })],
    });
    const [name, whole] = await Promise.all([
      row('plant').locator('.row-title').boundingBox(),
      row('plant').boundingBox(),
    ]);
    const middle = ({ y, height }: { y: number; height: number }) => y + height / 2;
    expect(Math.abs(middle(name ?? never()) - middle(whole ?? never()))).toBeLessThan(2);
  });
});

const never = (): never => {
  throw new Error('It is not shown.');
};

describe('the numbers at the heads', () => {
  test('count by what is so while the pointer holds the rows', async (context) => {
    const { agent, page, row } = await shown.open(context, {
      clusters,
      tunnels: [aTunnel(orders.id, connected()), aTunnel(payments.id, connected())],
    });
    await row('payments').locator('.row-line').hover();
    expect(await heads(page)).toEqual(['Connected 2', 'EKS · 111122223333 2']);
    agent.tell({ kind: 'tunnel', tunnel: aTunnel(billing.id, connected()) });
    await eventually(() => heads(page)).toEqual(['Connected 3', 'EKS · 111122223333 1']);
    for (const { id } of [billing, orders, payments])
      agent.tell({ kind: 'tunnel', tunnel: aTunnel(id, { status: 'idle' }) });
    await eventually(() => heads(page)).toEqual(['Connected 0', 'EKS · 111122223333 4']);
    expect(await page.getByRole('button', { name: 'Disconnect all' }).count()).toBe(0);
    await page.mouse.move(200, 10);
    await eventually(() => heads(page)).toEqual(['EKS · 111122223333 4']);
  });
});

describe('while the agent is offline', () => {
  test('the stars are those of the favourites alone', async (context) => {
    const { agent, page, row } = await shown.open(context, { clusters, favourites: [orders.id] });
    await row('orders').waitFor();
    agent.stop();
    await page.locator('[data-lost]').waitFor();
    const opacity = (title: string) =>
      row(title)
        .getByRole('button', { name: `Favourite ${title}` })
        .evaluate((star) => Number(getComputedStyle(star).opacity));
    expect(await opacity('orders')).toBeGreaterThan(0.4);
    for (const title of ['billing', 'payments', 'search']) expect(await opacity(title)).toBe(0);
  });
});

describe('the current context', () => {
  test('is not offered for a moment before a connect makes it current', async (context) => {
    const { agent, page, row, switchOf } = await shown.open(context, { clusters });
    const written = Promise.withResolvers<void>();
    agent.handlers.connect = async () => {
      agent.tell({ kind: 'tunnel', tunnel: aTunnel(orders.id, connected()) });
      await written.promise;
      const kubectl = { context: 'orders', cluster: orders.id };
      agent.tell({ kind: 'set', values: { kubectl } });
      return { results: [], kubectl, warnings: [], switched: { from: undefined } };
    };
    await row('orders').waitFor();
    await page.evaluate(() => {
      const seen: string[] = [];
      new MutationObserver(() => {
        for (const { textContent } of document.querySelectorAll('.row button'))
          if (textContent === 'Set current') seen.push(textContent);
      }).observe(document.body, { subtree: true, childList: true });
      Object.assign(window, { seen });
    });
    await switchOf('orders').click();
    await row('orders').getByText('42 ms').waitFor();
    written.resolve();
    await row('orders').getByText('current', { exact: true }).waitFor();
    expect(await page.evaluate(() => Reflect.get(window, 'seen'))).toEqual([]);
  });

  test('is set by a button of 24 px that is there on hover and focus, in place of the latency', async (context) => {
    const { page, row, switchOf, agent } = await shown.open(context, {
      clusters,
      tunnels: [aTunnel(orders.id, connected())],
    });
    const button = row('orders').getByRole('button', { name: 'Set current: orders' });
    const opacity = () => button.evaluate((one) => Number(getComputedStyle(one).opacity));
    await row('orders').waitFor();
    expect(await opacity()).toBe(0);
    await row('orders').hover();
    expect(await opacity()).toBe(1);
    expect(await row('orders').getByText('42 ms').isVisible()).toBe(false);
    expect((await button.boundingBox())?.height).toBe(24);
    await page.mouse.move(200, 10);
    await eventually(opacity).toBe(0);
    await switchOf('orders').focus();
    expect(await opacity()).toBe(1);
    await button.click();
    const mark = row('orders').getByText('current', { exact: true });
    await mark.waitFor();
    expect(agent.snapshot().kubectl.cluster).toBe(orders.id);
    expect(await button.count()).toBe(0);
    // Solid: not the colour of what is only selected.
    const colours = await mark.evaluate((one) => {
      const style = getComputedStyle(document.documentElement);
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.background = style.getPropertyValue('--accent');
      const accent = getComputedStyle(probe).backgroundColor;
      probe.remove();
      return [getComputedStyle(one).backgroundColor, accent];
    });
    expect(colours[0]).toBe(colours[1]);
  });
});

describe('hover, focus and selection', () => {
  const lookOf = (row: Locator) =>
    row.evaluate((one) => {
      const { backgroundColor, boxShadow, outline, borderLeft } = getComputedStyle(one);
      return [backgroundColor, boxShadow, outline, borderLeft].join('; ');
    });

  test.for(['none', 'active'] as const)('differ, with forced colours %s', async (forcedColors, context) => {
    const size = { width: 1_000, height: 680 };
    const { page, row, switchOf } = await shown.open(context, { clusters }, { size });
    await page.emulateMedia({ forcedColors });
    await row('orders').waitFor();
    const looks = [await lookOf(row('orders'))];
    await row('orders').hover();
    looks.push(await lookOf(row('orders')));
    await page.mouse.move(200, 10);
    await switchOf('billing').focus();
    await page.keyboard.press('ArrowDown');
    looks.push(await lookOf(row('orders')));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor();
    await page.keyboard.press('ArrowDown');
    looks.push(await lookOf(row('orders')));
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowUp');
    looks.push(await lookOf(row('payments')));
    expect(new Set(looks).size).toBe(5);
  });

  test('move nothing: the star has its place before it appears', async (context) => {
    const long = 'payments-northern-countries-reporting-and-ledger-staging-eu';
    const { page, row } = await shown.open(context, {
      clusters: [...clusters, aCluster(long, { environment: 'staging' })],
      tunnels: [aTunnel(orders.id, connected()), aTunnel(payments.id, connected())],
    });
    await row(long).waitFor();
    const places = (title: string) =>
      row(title).evaluate((one) =>
        [...one.querySelectorAll('.row-title, .badge, .star, .row-line, .switch')].map((part) => {
          const { x, y, width } = part.getBoundingClientRect();
          return [part.className, x, y - one.getBoundingClientRect().y, width].join(' ');
        }),
      );
    for (const title of ['orders', 'payments', 'search', long]) {
      await page.mouse.move(200, 10);
      const before = await places(title);
      await row(title).hover();
      expect(
        await row(title)
          .locator('.star')
          .evaluate((one) => getComputedStyle(one).opacity),
      ).toBe('1');
      expect(await places(title)).toEqual(before);
      await row(title).locator('.star').click();
      await row(title).locator('.star[aria-pressed="true"]').waitFor();
    }
  });
});

describe('names', () => {
  const stem = 'payments-northern-countries-reporting-and-ledger';
  const named = ['production', 'staging', 'pre-production', 'development'].map((environment) =>
    aCluster(`${stem}-${environment}-eu`, { environment }),
  );

  test.for([440, 380, 320, 220])(
    'are cut in the middle and badges not at all, in a window of %i px',
    async (width, context) => {
      const { page, row } = await shown.open(
        context,
        { clusters: named, tunnels: named.map(({ id }) => aTunnel(id, connected())) },
        { size: { width, height: 680 } },
      );
      await row(named[0]?.title ?? '').waitFor();
      await row(named[1]?.title ?? '').hover();
      const rows = await page.locator('.row').evaluateAll((all) =>
        all.map((one) => {
          const box = one.getBoundingClientRect();
          const [start, end] = [...one.querySelectorAll('.middle-ellipsis > span')];
          const last = end?.lastElementChild?.getBoundingClientRect();
          const badges = [...one.querySelectorAll<HTMLElement>('.badge')].filter((badge) =>
            badge.checkVisibility(),
          );
          return {
            start: start?.getBoundingClientRect().width ?? 0,
            // The last letter is within what is shown.
            isEndShown: (last?.right ?? 0) <= (end?.getBoundingClientRect().right ?? 0) + 0.5,
            cut: badges
              .filter((badge) => badge.scrollWidth > badge.clientWidth || badge.offsetWidth === 0)
              .map((badge) => badge.textContent),
            beyond: [...one.children]
              .map((part) => part.getBoundingClientRect())
              .filter(({ right, width }) => width > 1 && right > box.right).length,
          };
        }),
      );
      expect(rows).toHaveLength(4);
      for (const one of rows) {
        expect(one).toMatchObject({ isEndShown: true, cut: [], beyond: 0 });
        expect(one.start).toBeGreaterThan(20);
      }
    },
  );
});
