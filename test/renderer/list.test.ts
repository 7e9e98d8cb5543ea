import { describe, expect, test } from 'vitest';
import { AppError } from '../../main/model/app-error.ts';
import { plainText } from '../../main/model/plain-text.ts';
import { aCell, aCluster, aTunnel, connected, originFailure } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const billing = aCluster('billing');
const orders = aCluster('orders', { environment: 'staging' });
const payments = aCluster('payments', { environment: 'production' });
const search = aCluster('search');
const bare = aCluster('bare', { reach: { kind: 'none', reason: 'Tag k8s-tunnels-hostname is missing.' } });
const clusters = [billing, orders, payments, search, bare];

describe('the keyboard', () => {
  test('moves between rows; Space connects and disconnects', async (context) => {
    const { page, focused, switchOf, titles, agent } = await shown.open(context, { clusters });
    await switchOf('billing').focus();
    const keys = ['ArrowDown', 'ArrowDown', 'ArrowUp', 'End', 'ArrowDown', 'Home', 'ArrowUp'];
    const seen: string[] = [];
    for (const key of keys) {
      await page.keyboard.press(key);
      seen.push(await focused());
    }
    expect(seen).toEqual([
      'Connect orders',
      'Connect payments',
      'Connect orders',
      'bare',
      'bare',
      'Connect billing',
      'Connect billing',
    ]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press(' ');
    await eventually(titles).toEqual(['orders', 'billing', 'payments', 'search', 'bare']);
    expect(await switchOf('orders').isChecked()).toBe(true);
    // It took the focus along to its new place.
    await eventually(focused).toBe('Connect orders');
    await page.keyboard.press(' ');
    await eventually(titles).toEqual(['billing', 'orders', 'payments', 'search', 'bare']);
    expect(agent.snapshot().tunnels).toEqual([]);
  });

  test('opens with Enter; Escape leads back to the row', async (context) => {
    const { page, focused, switchOf } = await shown.open(context, { clusters });
    await switchOf('orders').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
    expect(await focused()).toBe('Clusters');
    await page.keyboard.press('Escape');
    await eventually(focused).toBe('Connect orders');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('Connect payments');
  });

  test('stars with *, and moves favourites with Alt and an arrow, wherever the pointer rests', async (context) => {
    const { page, row, titles, switchOf, focused, agent } = await shown.open(context, {
      clusters: clusters.slice(0, 4),
      favourites: [billing.id, search.id],
    });
    await switchOf('orders').focus();
    await page.keyboard.press('*');
    await eventually(titles).toEqual(['billing', 'search', 'orders', 'payments']);
    await eventually(focused).toBe('Connect orders');
    await row('orders').hover();
    await page.keyboard.press('Alt+ArrowUp');
    await eventually(titles).toEqual(['billing', 'orders', 'search', 'payments']);
    await page.keyboard.press('Alt+ArrowUp');
    await eventually(titles).toEqual(['orders', 'billing', 'search', 'payments']);
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('Alt+ArrowDown');
    await eventually(titles).toEqual(['billing', 'orders', 'search', 'payments']);
    expect(agent.snapshot().favourites).toEqual([billing.id, orders.id, search.id]);
    await page.keyboard.press('*');
    await eventually(async () => agent.snapshot().favourites).toEqual([billing.id, search.id]);
  });

  test('searches after /, goes down to what was found, and clears with Escape', async (context) => {
    const { page, focused, titles } = await shown.open(context, { clusters });
    await page.getByRole('searchbox').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('or');
    await eventually(titles).toEqual(['orders']);
    expect(await page.locator('.row mark').allTextContents()).toEqual(['or']);
    await page.getByRole('heading', { name: 'Matches' }).waitFor();
    // The choices of the field go, what was found stays.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Connect orders');
    await page.keyboard.press('/');
    await page.keyboard.type('bare');
    await eventually(titles).toEqual(['bare']);
    await page.keyboard.press('Escape');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('bare');
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await eventually(titles).toHaveLength(5);
  });
});

test('a row does not move away under the pointer, and goes to its place when that leaves', async (context) => {
  const { page, row, titles, agent } = await shown.open(context, { clusters: [billing, orders, search] });
  await row('orders').hover();
  const tunnel = aTunnel(search.id, connected());
  agent.tell(
    { kind: 'tunnel', tunnel },
    { kind: 'catalog', upserted: [aCluster('archive')], removed: [], cells: [], removedCells: [] },
  );
  await eventually(titles).toEqual(['billing', 'orders', 'search', 'archive']);
  await row('search').getByText('42 ms').waitFor();
  await page.mouse.move(200, 10);
  await eventually(titles).toEqual(['search', 'archive', 'billing', 'orders']);
});

test('rows that a change puts elsewhere slide there, unless no movement is wanted', async (context) => {
  const { page, agent, row, titles } = await shown.open(context, { clusters });
  await row('billing').waitFor();
  await page.evaluate(() => {
    const slid: string[] = [];
    const { animate } = Element.prototype;
    Element.prototype.animate = function record(frames, options) {
      const [{ transform }] = frames as [{ transform: string }];
      slid.push(`${this.getAttribute('data-cluster')?.split('/').at(-1)} ${transform}`);
      return animate.call(this, frames, options);
    };
    Object.assign(window, { slid });
  });
  const slid = () => page.evaluate(() => Reflect.get(window, 'slid') as string[]);
  agent.tell({ kind: 'tunnel', tunnel: aTunnel(orders.id, connected()) });
  await eventually(titles).toEqual(['orders', 'billing', 'payments', 'search', 'bare']);
  // The head of the connected is new: what is below came down by it and by the row that passed it.
  expect(await slid()).toEqual([
    'orders translateY(44px)',
    'billing translateY(-74px)',
    'payments translateY(-30px)',
    'search translateY(-30px)',
    'bare translateY(-30px)',
  ]);

  await page.emulateMedia({ reducedMotion: 'reduce' });
  agent.tell({ kind: 'tunnel', tunnel: aTunnel(orders.id, { status: 'idle' }) });
  await eventually(titles).toEqual(['billing', 'orders', 'payments', 'search', 'bare']);
  expect(await slid()).toHaveLength(5);
});

test('a row at the edge of the view stays under the pointer that clicks it', async (context) => {
  const many = Array.from({ length: 14 }, (_, at) => aCluster(`cluster-${String.fromCharCode(97 + at)}`));
  const { page, agent } = await shown.open(context, { clusters: many });
  // The twelfth is half below the edge: it is scrolled to, and clicked at once.
  for (const title of ['cluster-a', 'cluster-l'])
    await page.getByRole('button', { name: `Favourite ${title}`, exact: true }).click();
  await eventually(async () => agent.snapshot().favourites.length).toBe(2);
});

test('what is searched for is shown whole, wherever the pointer rests', async (context) => {
  const { page, row, titles } = await shown.open(context, { clusters, favourites: [orders.id, billing.id] });
  await row('payments').hover();
  await page.keyboard.press('/');
  await page.keyboard.type('pay');
  await eventually(titles).toEqual(['payments']);
  await page.getByRole('heading', { name: 'Matches' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await eventually(titles).toEqual(['orders', 'billing', 'payments', 'search', 'bare']);
});

test('a search without a hit says what may have been meant, and that it may be where nobody could read', async (context) => {
  const { page, titles } = await shown.open(context, {
    clusters,
    cells: [aCell('eu-west-1'), aCell('us-east-1', { code: 'aws-denied', message: 'No.', retryable: false })],
  });
  await page.getByRole('searchbox').fill('paymnets');
  await page.getByRole('heading', { name: 'No cluster matches “paymnets”' }).waitFor();
  await page.getByText('Could not load 1 location; the cluster may be there.').waitFor();
  await page.getByRole('button', { name: 'payments', exact: true }).click();
  await eventually(titles).toEqual(['payments']);
  await page.getByRole('button', { name: 'Clear search' }).click();
  await eventually(titles).toHaveLength(5);
});

describe('connecting', () => {
  test('shows that it is on its way, and switching off cancels it', async (context) => {
    const { row, switchOf, agent } = await shown.open(context, { clusters });
    let aborted = false;
    agent.handlers.connect = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new AppError('cancelled', 'Cancelled.'));
        });
      });
    await switchOf('orders').click();
    await row('orders').getByText('Connecting', { exact: true }).waitFor();
    expect(await switchOf('orders').getAttribute('aria-busy')).toBe('true');
    await switchOf('orders').click();
    await row('orders').getByText('eu-west-1', { exact: true }).waitFor();
    expect(aborted).toBe(true);
    expect(await row('orders').getByRole('button', { name: 'Details: orders' }).count()).toBe(0);
  });

  test('keeps its region in sight, however long the id of its account is', async (context) => {
    const account = '5c5c5c5c-1111-4222-8333-444455550003';
    const long = 'The payments platform team of the northern countries';
    const far = [
      aCluster('nameless', { source: 'aks', account, region: 'germanywestcentral' }),
      aCluster('named', { source: 'aks', account: 'b', accountName: long, region: 'germanywestcentral' }),
    ];
    const { row } = await shown.open(context, { clusters: far, favourites: far.map(({ id }) => id) });
    for (const title of ['nameless', 'named']) {
      const line = row(title).locator('.row-line');
      await line.getByText('germanywestcentral').waitFor();
      expect(await line.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
    }
    expect(await row('nameless').locator('.row-line').textContent()).toMatch(
      /^AKS · 5c5c5c5c…0003 · germany/,
    );
  });

  test('that failed says why in the row; the way there leads to more of it', async (context) => {
    const { page, row, switchOf, agent } = await shown.open(context, { clusters });
    agent.handlers.connect = async () => ({
      results: [{ status: 'failed', cluster: orders.id, title: 'orders', ...originFailure }],
      kubectl: {},
      warnings: [],
    });
    await switchOf('orders').click();
    await row('orders').getByText('Origin unreachable').waitFor();
    expect(await switchOf('orders').isChecked()).toBe(false);
    await page.getByRole('button', { name: 'Details: orders' }).click();
    await page.getByText('one.k8s.example.com answered 502. Ask who runs the tunnel.').waitFor();
  });

  test('several are disconnected at once', async (context) => {
    const { page, agent } = await shown.open(context, {
      clusters,
      tunnels: [aTunnel(orders.id, connected()), aTunnel(search.id, connected())],
    });
    await page.getByRole('button', { name: 'Disconnect all' }).click();
    await eventually(async () => agent.snapshot().tunnels).toEqual([]);
    // They stay below the pointer: a second click must not meet another row.
    await page.mouse.move(200, 10);
    await page.getByRole('heading', { name: 'Connected', exact: true }).waitFor({ state: 'detached' });
  });
});

test('titles from outside are text, however long or strange', async (context) => {
  const hostile = '<img src=x onerror="document.title=1">';
  const long = 'w'.repeat(300);
  const turned = 'مدفوعات \u202Egnigats';
  // The window is told it without what turns the line around.
  const arabic = plainText(turned);
  const { page, titles, row } = await shown.open(context, {
    clusters: [hostile, long, turned].map((title, at) => aCluster(title, { name: `c${at}` })),
    favourites: [],
  });
  await eventually(titles).toHaveLength(3);
  expect(new Set(await titles())).toEqual(new Set([hostile, long, arabic]));
  expect(await page.locator('img').count()).toBe(0);
  expect(await page.title()).toBe('k8s-tunnels');
  for (const title of [hostile, long, arabic]) {
    const box = await row(title).boundingBox();
    expect(box).toMatchObject({ width: 428, height: 44 });
    const inside = await row(title).getByRole('switch').boundingBox();
    expect((inside?.x ?? 0) + (inside?.width ?? 0)).toBeLessThan(440);
  }
  await row(long).getByRole('button', { name: long, exact: true }).click();
  await page.getByRole('heading', { name: long, level: 1 }).waitFor();
  const overflow = await page.evaluate(
    () => [...document.querySelectorAll('main')].filter((one) => one.scrollWidth > one.clientWidth).length,
  );
  expect(overflow).toBe(0);
});
