import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { Change, Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import { drawn } from './frames.ts';
import { aCell, aCluster, aDenial, anOrganisation, aRelease, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const named = (title: string, account = 'shop', fields: Parameters<typeof aCluster>[1] = {}) =>
  aCluster(title, {
    account,
    accountName: account,
    reach: { kind: 'tunnel', hostname: `${title}.k8s.example.com`, origin: 'socks' },
    ...fields,
  });
const [billing, orders, payments, search] = ['billing', 'orders', 'payments', 'search'].map((title) =>
  named(title),
) as [Cluster, Cluster, Cluster, Cluster];
const ledger = named('ledger-prod', 'finance', { environment: 'production' });
const clusters = [ledger, billing, orders, payments, search];

const arriving = (...upserted: Cluster[]): Extract<Change, { kind: 'catalog' }> => ({
  kind: 'catalog',
  upserted,
  removed: [],
  cells: [],
  removedCells: [],
});
const leaving = (...removed: readonly Cluster[]): Change => ({
  kind: 'catalog',
  upserted: [],
  removed: removed.map(({ id }) => id),
  cells: [],
  removedCells: [],
});

/** Moves the pointer to the middle of what a locator finds; resolves with where that is. */
async function moveTo(page: Page, target: Locator) {
  const box = await target.boundingBox();
  if (box === null) throw new Error('It is not shown.');
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(at.x - 3, at.y);
  await page.mouse.move(at.x, at.y);
  return at;
}

/** What a click at a point would meet: the name of its row, and the switch if it is one. */
const below = (page: Page, { x, y }: { x: number; y: number }) =>
  page.evaluate(
    ([x, y]) => {
      const element = document.elementFromPoint(x, y);
      const title = element?.closest('.row')?.querySelector('.row-title')?.textContent;
      return element?.getAttribute('aria-label') ?? title ?? element?.outerHTML;
    },
    [x, y] as const,
  );

const line = (page: Page) => page.getByRole('region', { name: 'Discovery status' });

/** Where each row is, from above. */
const rowsOf = (page: Page) =>
  page
    .locator('.row')
    .evaluateAll((rows) =>
      rows
        .map(
          (row) =>
            `${Math.round(row.getBoundingClientRect().top)} ${row.querySelector('.row-title')?.textContent}`,
        )
        .sort(),
    );

const aLogin = (team: string): Snapshot['logins'][number] => ({
  kind: 'access',
  title: `${team}.cloudflareaccess.com`,
  url: `https://${team}.cloudflareaccess.com/`,
  since: 1,
});

describe('a notice', () => {
  const some: readonly (readonly [string, Change])[] = [
    ['a sign-in', { kind: 'set', values: { logins: [aLogin('one'), aLogin('two')] } }],
    [
      'the agent',
      { kind: 'notice', notice: { at: 1, level: 'warning', message: 'A port moved. '.repeat(9) } },
    ],
    ['a release', { kind: 'set', values: { release: aRelease({ isRequired: true }) } }],
    ['a review', { kind: 'set', values: { organisation: anOrganisation({ pending: ['access.team'] }) } }],
    [
      'locations that failed',
      {
        ...arriving(),
        cells: [aCell('us-east-1', { code: 'aws-denied', message: 'No.', retryable: false })],
      },
    ],
  ];
  test.for(some)('of %s moves no row: a second click meets the same switch', async ([, change], context) => {
    const { page, agent, switchOf } = await shown.open(context, { clusters });
    const at = await moveTo(page, switchOf('billing'));
    const before = await rowsOf(page);
    await page.mouse.click(at.x, at.y);
    await eventually(() => switchOf('billing').isChecked()).toBe(true);
    agent.tell(change);
    await page.locator('.notice-opener').waitFor();
    expect(await rowsOf(page)).toEqual(before);
    expect(await below(page, at)).toBe('Connect billing');
    await page.mouse.down();
    await page.mouse.up();
    await eventually(() => switchOf('billing').isChecked()).toBe(false);
    expect(agent.snapshot().tunnels).toEqual([]);
  });

  test('that goes moves none; nor does one that is dismissed twice with one double click', async (context) => {
    const { page, agent, openNotices } = await shown.open(context, { clusters });
    await page.locator('.row').first().waitFor();
    const before = await rowsOf(page);
    agent.tell({ kind: 'set', values: { logins: [aLogin('one')] } });
    await page.locator('.notice-opener').waitFor();
    agent.tell({ kind: 'set', values: { logins: [] } });
    await page.locator('.notice-opener').waitFor({ state: 'detached' });
    expect(await rowsOf(page)).toEqual(before);

    for (const message of ['One port moved.', 'Another port moved.'])
      agent.tell({ kind: 'notice', notice: { at: 1, level: 'warning', message } });
    await openNotices();
    expect(await rowsOf(page)).toEqual(before);
    const panel = page.getByRole('region', { name: 'Notices' });
    const dismiss = panel.getByRole('button', { name: 'Dismiss' });
    const at = await moveTo(page, dismiss.last());
    await page.mouse.dblclick(at.x, at.y);
    await eventually(() => dismiss.count()).toBe(1);
    await dismiss.dblclick();
    await panel.getByText('No notices').waitFor();
    expect(await rowsOf(page)).toEqual(before);
    expect(agent.snapshot().tunnels).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('.notice-opener').waitFor({ state: 'detached' });
  });

  test('leaves no empty space in its panel once the window is wider', async (context) => {
    const { page, openNotices } = await shown.open(context, { clusters, logins: [aLogin('one')] });
    await openNotices();
    const panel = page.getByRole('region', { name: 'Notices' });
    const heightAt = async (width: number) => {
      await page.setViewportSize({ width, height: 680 });
      await drawn(page, 2);
      return panel.evaluate((element) => element.getBoundingClientRect().height);
    };
    const wide = await heightAt(440);
    expect(await heightAt(240)).toBeGreaterThan(wide);
    expect(await heightAt(440)).toBe(wide);
  });

  test('is announced by its title, with how many more there are; a failure comes first', async (context) => {
    const { page, agent, switchOf } = await shown.open(context, { clusters, logins: [aLogin('one')] });
    const status = page.locator('.notice-place');
    await eventually(() => status.textContent()).toBe(
      'Waiting for you to sign in to one.cloudflareaccess.com',
    );
    expect(await status.getAttribute('role')).toBe('status');
    agent.handlers.disconnect = () => Promise.reject(new AppError('internal', 'No.'));
    agent.handlers.connect = agent.handlers.disconnect as never;
    await switchOf('orders').click();
    await eventually(() => status.textContent()).toBe('Could not connect orders+1');
    expect(await status.getAttribute('role')).toBe('alert');
  });
});

describe('while the pointer moves over the list', () => {
  test('new rows wait, counted as new and not as shown; they come below it once it rests, none above', async (context) => {
    const { page, agent, switchOf, titles } = await shown.open(context, { clusters });
    const at = await moveTo(page, switchOf('orders'));
    await eventually(() => line(page).textContent()).toMatch(/^5 clusters/);
    const before = await rowsOf(page);
    // One in each section, and a section above all.
    agent.tell(arriving(named('apples'), named('audit', 'finance'), named('core', 'aaa'), named('zebra')));
    await eventually(() => line(page).textContent()).toMatch(/^5 clusters.*4 new$/);
    expect(await rowsOf(page)).toEqual(before);
    expect(await page.getByRole('searchbox').getAttribute('aria-label')).toBe('Search 5 clusters');
    // It rests: all are there.
    await eventually(titles).toHaveLength(9);
    expect(await titles()).toEqual([
      ...['ledger-prod', 'billing', 'orders', 'payments', 'search'],
      ...['apples', 'zebra', 'core', 'audit'],
    ]);
    expect(await rowsOf(page)).toEqual(expect.arrayContaining(before));
    await eventually(() => line(page).textContent()).toMatch(/^9 clusters · updated \D*$/);
    expect(await below(page, at)).toBe('Connect orders');
    // And go to their places when it leaves.
    await page.mouse.move(200, 10);
    await eventually(titles).toEqual([
      ...['core', 'audit', 'ledger-prod'],
      ...['apples', 'billing', 'orders', 'payments', 'search', 'zebra'],
    ]);
  });

  test('it is the last real move that counts: what comes while it rests is there at once', async (context) => {
    const { page, agent, switchOf, titles } = await shown.open(context, { clusters });
    const at = await moveTo(page, switchOf('payments'));
    agent.tell(arriving(named('audit', 'finance')));
    await eventually(titles).toHaveLength(6);
    // Sent by browsers when the page changes below a pointer that rests.
    await page.evaluate(
      ([clientX, clientY]) => {
        const init = { bubbles: true, clientX, clientY, pointerType: 'mouse' };
        document.elementFromPoint(clientX, clientY)?.dispatchEvent(new PointerEvent('pointermove', init));
      },
      [at.x, at.y] as const,
    );
    await page.evaluate(() => {
      const seen: string[] = [];
      const look = () => seen.push(document.querySelector('.waiting')?.textContent ?? '');
      new MutationObserver(look).observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true,
      });
      Object.assign(window, { seen });
    });
    agent.tell(arriving(named('assets', 'finance')));
    await eventually(titles).toHaveLength(7);
    expect(await page.evaluate(() => (Reflect.get(window, 'seen') as string[]).join(''))).toBe('');
    expect(await below(page, at)).toBe('Connect payments');
  });

  test('rows that appear below a pointer that rests already hold, too', async (context) => {
    const { page, agent, titles } = await shown.open(context, {
      discovery: { status: 'running', since: 1, cellsRead: 0, cellsKnown: 9, clusters: 0 },
    });
    await page.getByRole('heading', { name: 'Loading your clusters' }).waitFor();
    const at = { x: 100, y: 250 };
    await page.mouse.move(at.x, at.y);
    agent.tell(arriving(billing, orders, payments, search));
    await eventually(() => below(page, at)).toMatch(/billing|orders|payments|search/);
    const first = await below(page, at);
    for (const title of ['aa', 'ab', 'ac'])
      agent.tell(arriving(named(title), named(`${title}-ledger`, 'finance')));
    await eventually(titles).toHaveLength(10);
    expect(await below(page, at)).toBe(first);
    await eventually(() => line(page).textContent()).toContain('10 clusters so far');
  });

  test('one that goes keeps its place, says so, takes no click and is not counted', async (context) => {
    const { page, agent, row, switchOf, titles } = await shown.open(context, { clusters });
    const at = await moveTo(page, switchOf('orders'));
    const before = await rowsOf(page);
    agent.tell(leaving(ledger, orders));
    await row('orders').getByText('No longer found').waitFor();
    expect(await rowsOf(page)).toEqual(before);
    await eventually(() => line(page).textContent()).toMatch(/^3 clusters/);
    await page
      .getByRole('heading', { name: 'EKS · shop' })
      .locator('xpath=following-sibling::span[1]')
      .getByText('3')
      .waitFor();
    await page.mouse.dblclick(at.x, at.y);
    expect(agent.snapshot().tunnels).toEqual([]);
    expect(await page.locator('h1.cluster-title').count()).toBe(0);
    await page.mouse.move(200, 10);
    await eventually(titles).toEqual(['billing', 'payments', 'search']);
    expect(agent.snapshot().tunnels).toEqual([]);
  });

  test('the head of a section holds the rows around it as well', async (context) => {
    const tunnels = [billing, orders].map(({ id }) => aTunnel(id, connected()));
    const { page, agent, titles } = await shown.open(context, { clusters, tunnels });
    const all = page.getByRole('button', { name: 'Disconnect all' });
    const at = await moveTo(page, all);
    const before = await rowsOf(page);
    await page.mouse.dblclick(at.x, at.y);
    await eventually(async () => agent.snapshot().tunnels).toEqual([]);
    agent.tell(arriving(named('core', 'aaa')));
    await eventually(titles).toHaveLength(6);
    expect(await rowsOf(page)).toEqual(expect.arrayContaining(before));
    expect(agent.snapshot().tunnels).toEqual([]);
  });

  test('so it is far down a long list, with a query, with filters and with groups', async (context) => {
    const many = Array.from({ length: 60 }, (_, at) => named(`cluster-${100 + at}`, `account-${at % 4}`));
    const { page, agent, titles } = await shown.open(context, { clusters: many });
    await page.locator('.row').first().waitFor();
    const over = { x: 300, y: 300 };
    await page.mouse.move(over.x, over.y);
    await page.mouse.wheel(0, 1_200);
    await eventually(() => page.locator('.clusters').evaluate((list) => list.scrollTop)).toBe(1_200);
    const check = async (added: readonly Cluster[]) => {
      await page.mouse.move(over.x + 1, over.y);
      await page.mouse.move(over.x, over.y);
      const row = await below(page, { x: 60, y: over.y });
      expect(row).toMatch(/cluster-/);
      agent.tell(arriving(...added), leaving(...added.slice(1)));
      agent.tell({ kind: 'tunnel', tunnel: aTunnel(many[3]?.id ?? billing.id, connected()) });
      await eventually(() => line(page).locator('.waiting').count()).toBe(0);
      expect(await below(page, { x: 60, y: over.y })).toBe(row);
    };
    await check([named('cluster-001', 'account-0'), named('cluster-002', 'account-1')]);
    await page.mouse.move(200, 20);
    await page.getByRole('searchbox').fill('cluster');
    await page.keyboard.press('Escape');
    await eventually(titles).toContain('cluster-001');
    await check([named('cluster-003', 'account-0'), named('cluster-004', 'account-1')]);
    await page.mouse.move(200, 20);
    await page.getByRole('searchbox').fill('');
    agent.tell({
      kind: 'set',
      values: {
        settings: { ...agent.snapshot().settings, listGroup: 'none' },
        settingsFrom: agent.snapshot().settingsFrom,
      },
    });
    // The list without groups, not the results of the query, which has the same rows.
    await eventually(() => page.locator('.clusters h2').allTextContents()).toEqual(['Connected', 'Clusters']);
    await check([named('cluster-005', 'account-0')]);
  });

  test('a dialog over the list, closed with Escape, leaves the row below the pointer where it was', async (context) => {
    const { page, agent, switchOf } = await shown.open(context, { clusters });
    const at = await moveTo(page, switchOf('payments'));
    await page.keyboard.press('Control+k');
    await page.getByRole('listbox').waitFor();
    agent.tell({ kind: 'tunnel', tunnel: aTunnel(search.id, connected()) }, arriving(named('apples')));
    await page.keyboard.press('Escape');
    await page.getByRole('listbox').waitFor({ state: 'detached' });
    expect(await below(page, at)).toBe('Connect payments');
  });

  test('beside a page, in two panes, it is the same', async (context) => {
    const size = { width: 1_100, height: 680 };
    const { page, agent, row, switchOf, titles } = await shown.open(context, { clusters }, { size });
    await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
    await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
    const at = await moveTo(page, switchOf('payments'));
    agent.tell(arriving(named('apples'), named('audit', 'finance')));
    await eventually(titles).toHaveLength(7);
    expect(await below(page, at)).toBe('Connect payments');
    await page.mouse.move(900, 300);
    await eventually(titles).toEqual([
      ...['audit', 'ledger-prod', 'apples'],
      ...['billing', 'orders', 'payments', 'search'],
    ]);
  });
});

test('a second tap meets the row of the first', async (context) => {
  const { page, agent, switchOf, titles } = await shown.open(context, { clusters }, { hasTouch: true });
  const box = await switchOf('payments').boundingBox();
  const at = { x: (box?.x ?? 0) + 10, y: (box?.y ?? 0) + 10 };
  // The finger counts for a moment after the first tap: no slow machine lets that pass.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  await page.touchscreen.tap(at.x, at.y);
  await eventually(() => switchOf('payments').isChecked()).toBe(true);
  agent.tell(arriving(named('apples'), named('audit', 'finance')));
  await page.touchscreen.tap(at.x, at.y);
  await eventually(async () => agent.snapshot().tunnels).toEqual([]);
  await page.clock.resume();
  await eventually(titles).toEqual([
    ...['audit', 'ledger-prod', 'apples'],
    ...['billing', 'orders', 'payments', 'search'],
  ]);
});

test('the header counts no row that a section hides, and says of how many a filter shows some', async (context) => {
  const { page } = await shown.open(context, {
    clusters,
    policies: [aDenial('orders.k8s.example.com'), aDenial('search.k8s.example.com')],
  });
  await eventually(() => line(page).textContent()).toMatch(/^3 clusters/);
  expect(await page.locator('.row').count()).toBe(3);
  await page.getByRole('button', { name: 'Show 2 clusters without access' }).click();
  await eventually(() => line(page).textContent()).toMatch(/^5 clusters/);
  await page.getByRole('searchbox').fill('bill');
  await eventually(() => line(page).textContent()).toMatch(/^1 of 5 clusters/);
});
