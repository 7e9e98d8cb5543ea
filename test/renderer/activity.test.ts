import { describe, expect, test } from 'vitest';
import { targetHash } from '../../main/api/window-target.ts';
import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import { AppError } from '../../main/model/app-error.ts';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aTunnel, connected, originFailure, someActivity } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders');
const ledger = aCluster('ledger');
const clusters = [orders, ledger];
const noon = new Date(new Date().setHours(12, 0, 0, 0)).getTime();
const failed = (id: number, message: string, cluster = orders): ActivityEntry => ({
  id,
  at: noon,
  kind: 'failed',
  cluster: cluster.id,
  title: cluster.title,
  failure: { ...originFailure, error: { ...originFailure.error, message } },
});

const lines = ({ page }: ShownWindow) => page.locator('.entry-line').allTextContents();
const answer = ({ agent }: ShownWindow, entries: readonly ActivityEntry[]) => {
  agent.handlers.activity = async () => ({ entries: [...entries] });
};
const open = ({ page }: ShownWindow) => page.getByRole('button', { name: 'Activity', exact: true }).click();

describe('the page of what happened', () => {
  test('stands by day, with what happened, why, and when', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page } = window;
    answer(window, someActivity(orders, noon));
    await open(window);
    await page.locator('.entry').first().waitFor();
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Today', 'Yesterday']);
    const today = page.getByRole('region', { name: 'Today' }).getByRole('listitem');
    expect(
      await today.allInnerTexts().then((all) => all.map((one) => one.split('\n').filter(Boolean))),
    ).toEqual([
      ['orders disconnected', '12:00'],
      ['orders failed', '11:59', 'one.k8s.example.com answered 502. Ask who runs the tunnel.'],
      ['orders reconnected', '11:58', 'After 2m'],
      ['orders is not responding', '11:57', 'one.k8s.example.com answered 502. Ask who runs the tunnel.'],
      ['Switched the current context to orders', '11:56'],
      ['orders connected', '11:55', 'Connected on demand for kubectl · 42 ms'],
      ['Signed in to Cloudflare Access', '11:54', 'ada@example.com · team.cloudflareaccess.com'],
      ['Your session at AWS ended', '11:53', 'The session of profile platform ended.'],
    ]);
    const before = page.getByRole('region', { name: 'Yesterday' }).getByRole('listitem');
    expect(await before.locator('p').allTextContents()).toEqual([
      'Discovered 214 clusters',
      '7 new: a, b, c, d, e and 2 more · 1 removed: orders · Could not load 3 of 40 locations',
      'Signed out of Google Cloud',
      'Unset the current context',
      'Settings changed',
      'Keep contexts and of a newer agent',
      'k8s-tunnels 1.4.0 is out',
      'orders rejected a connection to port 20443',
      'Wrong password · k9s, process 4312',
    ]);
  });

  test('shows and says what happens while it is open, once, wherever it was told', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, agent } = window;
    agent.tell({ kind: 'activity', entry: failed(1, 'Before.') });
    answer(window, [failed(1, 'Before.')]);
    await open(window);
    await eventually(() => lines(window)).toEqual(['orders failed']);
    const status = page.locator('.sub-page').getByRole('status');
    expect(await status.textContent()).toBe('');
    agent.tell({
      kind: 'activity',
      entry: { id: 2, at: noon, kind: 'closed', cluster: ledger.id, title: 'ledger', by: 'agent' },
    });
    await eventually(() => lines(window)).toEqual(['ledger disconnected', 'orders failed']);
    expect(await status.textContent()).toBe(
      'New: ledger disconnected. k8s-tunnels stopped or could not keep it connected',
    );
    await page.getByRole('button', { name: 'Problems only' }).click();
    await eventually(() => lines(window)).toEqual(['orders failed']);
    expect(await status.textContent()).toBe('');
    agent.tell({ kind: 'activity', entry: failed(3, 'After.') });
    await eventually(() => status.textContent()).toBe('New: orders failed. After. Ask who runs the tunnel.');
  });

  test('is read anew from an agent that has come back', async (context) => {
    const window = await shown.open(context, { clusters });
    const { agent } = window;
    answer(window, [failed(7, 'Of the first.')]);
    await open(window);
    await eventually(() => lines(window)).toHaveLength(1);
    agent.stop();
    answer(window, [failed(2, 'Two.'), failed(1, 'One.')]);
    agent.start();
    await eventually(() => lines(window)).toHaveLength(2);
  });

  test('says why it cannot be read, and tries again', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, agent } = window;
    agent.handlers.activity = () => Promise.reject(new AppError('internal', 'The agent is confused.'));
    await open(window);
    await page.getByRole('alert').getByText('The agent is confused.').waitFor();
    answer(window, [failed(1, 'One.')]);
    await page.getByRole('button', { name: 'Try again' }).click();
    await eventually(() => lines(window)).toEqual(['orders failed']);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('has words for nothing at all, no problems, and nothing of a cluster', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, row } = window;
    await open(window);
    await page.getByRole('heading', { name: 'No activity yet' }).waitFor();
    await page.keyboard.press('Escape');
    answer(window, [{ id: 1, at: noon, kind: 'settings', names: ['keepEntries'] }]);
    await open(window);
    await page.getByRole('button', { name: 'Problems only' }).click();
    await page.getByRole('heading', { name: 'No problems' }).waitFor();
    await page.keyboard.press('Escape');
    await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
    await open(window);
    await page.getByRole('heading', { name: 'No activity for this cluster' }).waitFor();
  });

  test('opens fast with all that is remembered', async (context) => {
    const window = await shown.open(context, { clusters });
    answer(
      window,
      Array.from({ length: 500 }, (_, at) => failed(500 - at, `Failure ${at}.`)),
    );
    await open(window);
    await eventually(() => lines(window)).toHaveLength(500);
    // Of what is out of view nothing is drawn.
    const drawn = () =>
      window.page
        .locator('.entry')
        .evaluateAll(
          (all) =>
            all.filter((one) => one.querySelector('p')?.checkVisibility({ contentVisibilityAuto: true }))
              .length,
        );
    await eventually(drawn).toBeLessThan(120);
    expect(await drawn()).toBeGreaterThan(5);
  });
});

describe('by keyboard', () => {
  test('it opens from the bar and leads to a cluster, and back the same way', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, focused } = window;
    answer(window, [failed(1, 'One.')]);
    await window.row('orders').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('listbox').waitFor();
    await page.keyboard.type('activ');
    await page.keyboard.press('Enter');
    await page.locator('.entry').waitFor();
    await eventually(focused).toBe('Activity');
    await page.keyboard.press('Tab');
    await eventually(focused).toBe('Problems only');
    await page.keyboard.press('Space');
    expect(await page.getByRole('button', { name: 'Problems only' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    await page.keyboard.press('Tab');
    await eventually(focused).toBe('orders');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor();
    await eventually(focused).toBe('Activity');
    await page.keyboard.press('Escape');
    await page.locator('.entry').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('listitem').filter({ hasText: 'ledger' }).waitFor();
    expect(await page.locator('.entry').count()).toBe(0);
  });

  test('a cluster’s own opens from its page; without its filter all is there, and back leads to the cluster', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, row, focused } = window;
    answer(window, [failed(2, 'Two.', ledger), failed(1, 'One.')]);
    await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
    await open(window);
    await eventually(() => lines(window)).toEqual(['orders failed']);
    await page.getByRole('button', { name: 'Remove filter orders' }).focus();
    await page.keyboard.press('Enter');
    await eventually(() => lines(window)).toEqual(['ledger failed', 'orders failed']);
    expect(await focused()).toBe('Problems only');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor();
  });

  test('it opens from its address', async (context) => {
    const window = await shown.open(context, { clusters });
    await window.row('orders').waitFor();
    await window.page.evaluate((hash) => location.replace(hash), targetHash({ kind: 'activity' }));
    await window.page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
  });
});

describe('the past of a cluster, on its page', () => {
  const openPage = ({ row }: ShownWindow) =>
    row('orders').getByRole('button', { name: 'orders', exact: true }).click();
  const tunnels = [aTunnel(orders.id, connected())];

  test('latency stands in words beside its line', async (context) => {
    const window = await shown.open(context, { clusters, tunnels });
    const { page, agent } = window;
    const start = Date.now() - 10.5 * 60_000;
    const samples = [30, 20, undefined, 90, 41.6].map((ms, index) => ({
      at: start + index * 30_000,
      ...(ms === undefined ? {} : { ms }),
    }));
    agent.handlers.history = async () => ({ samples, failures: [] });
    await openPage(window);
    const card = page.getByRole('region', { name: 'Latency, last 10m' });
    expect(await card.locator('dl > div').allTextContents()).toEqual([
      'last42 ms',
      'min20 ms',
      'median36 ms',
      'max90 ms',
    ]);
    await card.getByText('1 of 5 probes failed').waitFor();
    expect(await card.locator('svg').getAttribute('aria-hidden')).toBe('true');
    const [line, failures] = [card.locator('.sparkline-line'), card.locator('.sparkline-failures')];
    expect((await line.getAttribute('d'))?.match(/M/g)).toHaveLength(2);
    expect((await failures.getAttribute('d'))?.match(/M/g)).toHaveLength(1);
  });

  test('traffic, the entry and its file are those of now, and can be copied', async (context) => {
    const window = await shown.open(context, { clusters, tunnels });
    const { page, agent, clipboard } = window;
    let received = 1_000;
    agent.handlers.history = async ({ cluster }) => {
      expect(cluster).toBe(orders.id);
      return {
        samples: [],
        failures: [],
        traffic: { connections: 1, sent: 10, received },
        entry: { file: '/home/ada/.kube/config', name: 'orders-2' },
      };
    };
    await openPage(window);
    await page.getByText('1 connection, 10 bytes sent, 1 kB received').waitFor();
    received = 2_000;
    await page.getByText('1 connection, 10 bytes sent, 2 kB received').waitFor();
    await page.getByText('a context, a cluster and a user of that name').waitFor();
    // The name that it has in the kubeconfig: `orders` may be another's there.
    for (const [label, value] of [
      ['Copy context', 'orders-2'],
      ['Copy command', 'kubectl --context orders-2 get namespaces'],
      ['Copy file path', '/home/ada/.kube/config'],
      ['Copy address', '127.0.0.1:41001'],
    ] as const) {
      await page.getByRole('button', { name: label }).click();
      await eventually(clipboard).toBe(value);
    }
    expect(await page.getByText('Latency').count()).toBe(0);
  });

  test('its last errors are there as soon as they happen, and when nobody answers', async (context) => {
    const window = await shown.open(context, { clusters, tunnels });
    const { page, agent } = window;
    let failures: ActivityEntry[] = [];
    agent.handlers.history = async () => ({ samples: [], failures });
    await openPage(window);
    const card = page.getByRole('region', { name: 'Recent errors' });
    await card.getByText('No recent errors').waitFor();
    failures = [failed(2, 'Two.'), failed(1, 'One.')];
    agent.tell({
      kind: 'tunnel',
      tunnel: aTunnel(orders.id, { status: 'failed', since: 1, failure: originFailure }),
    });
    const told = ['12:00Origin unreachableTwo.', '12:00Origin unreachableOne.'];
    await eventually(() => card.getByRole('listitem').allTextContents()).toEqual(told);
    agent.stop();
    await page.locator('.notice-opener').waitFor({ state: 'attached' });
    expect(await card.getByRole('listitem').allTextContents()).toEqual(told);
  });

  test('its tags stand as at their source; nothing asks for a past once the page is left', async (context) => {
    const tagged = aCluster('orders', {
      tags: { 'k8s-tunnels-hostname': 'o.example.com', 'k8s-tunnels-origin': 'socks' },
    });
    const window = await shown.open(context, { clusters: [tagged] }, { movesClock: true });
    const { page, agent } = window;
    let asked = 0;
    agent.handlers.history = async () => {
      asked += 1;
      return { samples: [], failures: [] };
    };
    await window.row('orders').waitFor();
    await page.clock.install();
    await openPage(window);
    const card = page.getByRole('region', { name: 'Tags' });
    expect(await card.locator('dl > div').allTextContents()).toEqual([
      'k8s-tunnels-hostnameo.example.com',
      'k8s-tunnels-originsocks',
    ]);
    await card.getByText('Tags in AWS').waitFor();
    await page.clock.runFor(10_000);
    await eventually(async () => asked).toBe(6);
    await page.keyboard.press('Escape');
    await window.row('orders').waitFor();
    await page.clock.runFor(10_000);
    // Once more, so that what was asked for meanwhile would have come.
    await openPage(window);
    await card.waitFor();
    await eventually(async () => asked).toBe(7);
  });

  test('one that is gone still has its errors', async (context) => {
    const window = await shown.open(context, { clusters: [ledger] });
    const { page, agent } = window;
    agent.handlers.history = async () => ({ samples: [], failures: [failed(1, 'One.')] });
    await window.row('ledger').waitFor();
    await page.evaluate((hash) => location.replace(hash), targetHash({ kind: 'cluster', id: orders.id }));
    await page.getByText('This cluster no longer exists.').waitFor();
    await page.getByText('One.').waitFor();
    answer(window, [failed(1, 'One.')]);
    await open(window);
    await page.locator('.chip').filter({ hasText: 'orders' }).waitFor();
    expect(await page.locator('button.entry-subject').count()).toBe(0);
  });
});
