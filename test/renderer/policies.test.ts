import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../main/model/agent-view.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aDenial } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const at = (title: string, more: Parameters<typeof aCluster>[1] = {}) =>
  aCluster(title, {
    reach: { kind: 'tunnel', hostname: `${title}.k8s.example.com`, origin: 'socks' },
    ...more,
  });
const billing = at('billing');
const orders = at('orders');
const people = at('people', { environment: 'production', owner: 'people-ops@example.com' });
const keys = at('keys');
const bare = at('bare', { reach: { kind: 'none', reason: 'Tag k8s-tunnels-hostname is missing.' } });
const clusters = [billing, orders, people, keys, bare];
const denials = [
  aDenial('people.k8s.example.com', { ray: '8f2a-FRA' }),
  aDenial('keys.k8s.example.com', {
    reason: 'device',
    message: 'Your device fails: disk encryption',
    failing: ['disk encryption'],
  }),
];
const organisation: Snapshot['organisation'] = {
  name: 'Acme',
  origin: 'managed',
  place: '/etc/k8s-tunnels/organisation.yaml',
  signed: false,
  readAt: 1,
  links: { accessRequest: 'https://access.example.com/ask', support: 'https://help.example.com/' },
  locked: [],
  production: { guard: true, environments: [] },
};

/** What the page says that a person sees, each time. */
function lookedAt({ agent }: ShownWindow): string[][] {
  const told: string[][] = [];
  const titles = new Map<ClusterId, string>();
  agent.handlers.policies = async ({ clusters: ids }) => {
    for (const { id, title } of agent.snapshot().clusters) titles.set(id, title);
    told.push(ids.map((id) => titles.get(id) ?? id).sort());
    return {};
  };
  return told;
}

describe('what the policy denies', () => {
  test('is not in the list until it is asked for, favourite or not, and comes back when the answer changes', async (context) => {
    const window = await shown.open(context, { clusters, favourites: [people.id, keys.id] });
    const { agent, page, titles, row } = window;
    await eventually(titles).toEqual(['people', 'keys', 'billing', 'orders', 'bare']);
    agent.tell({ kind: 'policies', known: denials, forgotten: [] });
    // A device can be fixed: that one stays where it is, and says what is wrong.
    await eventually(titles).toEqual(['keys', 'billing', 'orders', 'bare']);
    expect(await row('keys').locator('.row-line').textContent()).toBe('Your device fails: disk encryption');
    expect(await row('keys').getByRole('switch').count()).toBe(0);
    const section = page.getByRole('region', { name: 'No access' });
    expect(await section.getByRole('listitem').count()).toBe(0);

    const show = page.getByRole('button', { name: 'Show 1 cluster without access' });
    await show.focus();
    await page.keyboard.press('Enter');
    await eventually(titles).toEqual(['keys', 'billing', 'orders', 'bare', 'people']);
    expect(await window.focused()).toBe('Hide clusters without access');
    expect(await row('people').locator('.row-line').textContent()).toBe('Group people-ops only');
    expect(await row('people').getByRole('switch').count()).toBe(0);
    await page.keyboard.press('Enter');
    await eventually(titles).toEqual(['keys', 'billing', 'orders', 'bare']);

    const admitted = { verdict: 'admitted', hostname: 'people.k8s.example.com', at: Date.now() } as const;
    agent.tell({ kind: 'policies', known: [admitted], forgotten: [] });
    await eventually(titles).toEqual(['people', 'keys', 'billing', 'orders', 'bare']);
    await show.waitFor({ state: 'detached' });
  });

  test('is found by the search, says why, whom to ask, and can be tried all the same', async (context) => {
    const { agent, page, titles, row, switchOf } = await shown.open(context, {
      clusters,
      policies: denials,
      organisation,
    });
    await page.getByRole('searchbox').fill('people');
    await eventually(titles).toEqual(['people']);
    await page.keyboard.press('Escape');
    await row('people').getByRole('button', { name: 'Details: people' }).click();
    const why = page.getByRole('region', { name: 'Denied by the Access policy' });
    await why.getByText('Group people-ops only').waitFor();
    await why.getByText('Owner: people-ops@example.com.').waitFor();
    await why.getByText('8f2a-FRA').waitFor();
    const address = (name: string) => why.getByRole('link', { name }).getAttribute('href');
    expect([await address('Request access'), await address('Support')]).toEqual([
      'https://access.example.com/ask',
      'https://help.example.com/',
    ]);
    await why.getByRole('button', { name: 'Try again' }).click();
    await eventually(() => switchOf('people').isChecked()).toBe(true);
    expect(agent.snapshot().tunnels).toMatchObject([{ cluster: people.id, state: { status: 'connected' } }]);
    await eventually(() => why.count()).toBe(0);
  });

  test('because of the device is told apart, in careful words', async (context) => {
    const { page, row } = await shown.open(context, { clusters, policies: denials });
    await row('keys').getByRole('button', { name: 'keys', exact: true }).click();
    const why = page.getByRole('region', { name: 'Access may deny you because of your device' });
    await why.getByText('Failed device checks: disk encryption.').waitFor();
    expect(await why.getByRole('link').count()).toBe(0);
  });

  test('stays in its place when it was just tried', async (context) => {
    const { agent, page, focused, titles, row, switchOf } = await shown.open(context, { clusters });
    agent.handlers.connect = async () => {
      agent.tell({ kind: 'policies', known: denials, forgotten: [] });
      await row('keys').getByText('Your device fails').waitFor();
      const error = { code: 'access-denied', message: 'No.', retryable: false } as const;
      const result = {
        status: 'failed',
        cluster: people.id,
        title: 'people',
        error,
        stage: 'access',
      } as const;
      return { results: [result], kubectl: {}, warnings: [] };
    };
    await switchOf('people').focus();
    await page.keyboard.press(' ');
    await eventually(titles).toEqual(['billing', 'keys', 'orders', 'people', 'bare']);
    expect(await row('people').locator('.row-line').textContent()).toBe('Denied by Access');
    expect(await focused()).toBe('Connect people');
  });
});

describe('the agent is told what a person sees', () => {
  test('once it has been in view for a moment, and again when that changes', async (context) => {
    const many = Array.from({ length: 40 }, (_, index) => at(`c${String(index).padStart(2, '0')}`));
    const window = await shown.open(context, { clusters: [] });
    const told = lookedAt(window);
    const { agent, page } = window;
    agent.tell({ kind: 'catalog', upserted: many, removed: [], cells: [], removedCells: [] });
    await eventually(async () => told.length).toBe(1);
    expect(told[0]).toContain('c00');
    expect(told[0]).not.toContain('c39');

    await page.locator('.clusters').evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await eventually(async () => told.at(-1)).toContain('c39');
    expect(told.at(-1)).not.toContain('c00');
    const before = told.length;
    agent.tell({
      kind: 'set',
      values: { sessions: [{ authDomain: 'acme.cloudflareaccess.com', endsAt: 1 }] },
    });
    await eventually(async () => told.length).toBe(before + 1);
    expect(told.at(-1)).toEqual(told.at(-2));
  });

  test('but not what is folded away', async (context) => {
    const window = await shown.open(context, { clusters: [], policies: denials });
    const told = lookedAt(window);
    window.agent.tell({ kind: 'catalog', upserted: clusters, removed: [], cells: [], removedCells: [] });
    await eventually(async () => told.at(-1)).toEqual(['bare', 'billing', 'keys', 'orders']);
    await window.page.getByRole('button', { name: 'Show 1 cluster without access' }).click();
    await eventually(async () => told.at(-1)).toEqual(['bare', 'billing', 'keys', 'orders', 'people']);
  });

  test('and nothing while the window is hidden', async (context) => {
    const window = await shown.open(context, { clusters: [] });
    const told = lookedAt(window);
    const { agent, page } = window;
    const show = (state: 'hidden' | 'visible') =>
      page.evaluate((now) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => now });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await show('hidden');
    agent.tell({ kind: 'catalog', upserted: clusters, removed: [], cells: [], removedCells: [] });
    await eventually(window.titles).toHaveLength(5);
    // Longer than a row has to be in view.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 700)));
    expect(told).toEqual([]);
    await show('visible');
    await eventually(async () => told).toEqual([['bare', 'billing', 'keys', 'orders', 'people']]);
  });
});
