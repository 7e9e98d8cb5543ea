import { describe, expect, test } from 'vitest';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const [billing, orders, payments, search] = ['billing', 'orders', 'payments', 'search'].map((title) =>
  aCluster(title, title === 'payments' ? { environment: 'production' } : {}),
) as [ReturnType<typeof aCluster>, ...ReturnType<typeof aCluster>[]];
const clusters = [billing, orders, payments, search].filter((one) => one !== undefined);

const selected = ({ page }: ShownWindow) => page.locator('.row[data-selected] .row-title').allTextContents();
const bar = ({ page }: ShownWindow) => page.getByRole('region', { name: 'Selection' });

describe('rows are selected', () => {
  test('by the pointer with Ctrl and Shift, whatever of the row it hits, and nothing else happens', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, row, switchOf, agent } = window;
    await row('billing').click({ modifiers: ['Control'] });
    await switchOf('payments').click({ modifiers: ['Control'] });
    await eventually(() => selected(window)).toEqual(['billing', 'payments']);
    await bar(window).getByText('2 selected').waitFor();
    await page.getByRole('button', { name: 'search', exact: true }).click({ modifiers: ['Shift'] });
    await eventually(() => selected(window)).toEqual(['billing', 'payments', 'search']);
    await row('payments').click({ modifiers: ['Control'] });
    await eventually(() => selected(window)).toEqual(['billing', 'search']);
    expect(agent.snapshot().tunnels).toEqual([]);
    expect(await page.getByRole('heading', { name: 'search', level: 1 }).count()).toBe(0);
    await bar(window).getByRole('button', { name: 'Clear' }).click();
    await eventually(() => selected(window)).toEqual([]);
    expect(await bar(window).count()).toBe(0);
  });

  test('by the keyboard; Escape clears', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, switchOf, focused } = window;
    await switchOf('orders').focus();
    await page.keyboard.press('x');
    await page.keyboard.press('Shift+ArrowDown');
    await eventually(() => selected(window)).toEqual(['orders', 'payments']);
    expect(await focused()).toBe('Connect payments');
    await page.keyboard.press('Control+ ');
    await eventually(() => selected(window)).toEqual(['orders']);
    const described = await switchOf('orders').evaluate((element) =>
      (element.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent),
    );
    expect(described).toEqual(['eu-west-1', 'selected']);
    await page.keyboard.press('Control+a');
    await eventually(() => selected(window)).toHaveLength(4);
    await page.keyboard.press('Escape');
    await eventually(() => selected(window)).toEqual([]);
    // Escape on the page of a cluster leads back, and clears nothing.
    await page.keyboard.press('x');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'payments', level: 1 }).waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => selected(window)).toEqual(['payments']);
  });
});

describe('what is selected', () => {
  test('is connected by one call; with production in it the current context stays', async (context) => {
    const window = await shown.open(context, {
      clusters,
      tunnels: [aTunnel(search?.id as never, connected())],
    });
    const { page, switchOf, agent } = window;
    const { connect } = agent.handlers;
    const calls: unknown[] = [];
    agent.handlers.connect = (input, call) => {
      calls.push({ clusters: input.clusters, mode: input.mode });
      return connect(input, call);
    };
    await switchOf('billing').focus();
    await page.keyboard.press('Control+a');
    await bar(window).getByRole('button', { name: 'Connect', exact: true }).click();
    await eventually(() => page.getByRole('switch', { checked: true }).count()).toBe(4);
    expect(calls).toEqual([{ clusters: [billing.id, orders?.id, payments?.id], mode: undefined }]);
    await page.getByText('The current context was not switched: payments is a production cluster.').waitFor();
    expect(await bar(window).getByRole('button', { name: 'Connect', exact: true }).isDisabled()).toBe(true);

    await bar(window).getByRole('button', { name: 'Disconnect' }).click();
    await eventually(async () => agent.snapshot().tunnels).toEqual([]);
    await bar(window).getByRole('button', { name: 'Star' }).click();
    await eventually(async () => agent.snapshot().favourites.length).toBe(4);
  });

  test('may be left one by one while it is on its way: the others go on', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, switchOf, agent } = window;
    const answer = Promise.withResolvers<void>();
    let aborted = false;
    agent.handlers.connect = async ({ clusters: ids }, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      for (const id of ids)
        agent.tell({ kind: 'tunnel', tunnel: aTunnel(id as never, { status: 'connecting', since: 1 }) });
      await answer.promise;
      return { results: [], kubectl: {}, warnings: [] };
    };
    await switchOf('billing').focus();
    await page.keyboard.press('x');
    await page.keyboard.press('Shift+ArrowDown');
    await bar(window).getByRole('button', { name: 'Connect', exact: true }).click();
    await eventually(() => switchOf('orders').isChecked()).toBe(true);
    await switchOf('orders').click();
    await eventually(async () => agent.snapshot().tunnels.map(({ cluster }) => cluster)).toEqual([
      billing.id,
    ]);
    expect(aborted).toBe(false);
    answer.resolve();
  });
});
