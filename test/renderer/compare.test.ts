import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../main/api/contract.ts';
import { AppError } from '../../main/model/app-error.ts';
import { comparisonMarkdown } from '../../main/model/comparison-markdown.ts';
import { onlyDifferent } from '../../main/model/only-different.ts';
import { aComparison, aDeployment } from './comparisons.ts';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const billing = aCluster('billing', { namespace: 'money' });
const orders = aCluster('orders', { environment: 'production' });
const payments = aCluster('payments');
const search = aCluster('search');
const clusters = [billing, orders, payments, search];

const both = aComparison(
  [billing, { namespace: 'money', workloads: [aDeployment('web'), aDeployment('worker')] }],
  [
    orders,
    { version: 'v1.32.4', workloads: [aDeployment('web', { image: 'registry.acme.example/app:1.3.2' })] },
  ],
);
const down = { code: 'origin-failed', message: 'orders does not respond.', hint: 'Ask its owner.' } as const;
const withTrouble = aComparison(
  [
    billing,
    {
      workloads: [aDeployment('web')],
      gaps: [{ of: 'CronJob', error: { code: 'internal', message: 'It is forbidden.', retryable: false } }],
    },
  ],
  [orders, { error: { ...down, retryable: true } }],
  [payments, { workloads: [aDeployment('web', { restarts: 7 })] }],
);

const table = ({ page }: ShownWindow) => page.getByRole('table');
const tool = ({ page }: ShownWindow, name: string) => page.getByRole('button', { name, exact: true });
/** The texts of a row, with those that are only for screen readers. */
const rowTexts = (window: ShownWindow, label: string) =>
  table(window)
    .getByRole('row')
    .filter({ has: window.page.getByRole('rowheader', { name: label }) })
    .first()
    .locator('th, td')
    .evaluateAll((all) => all.map(({ textContent }) => (textContent ?? '').replace(/\s+/g, ' ').trim()));
const select = async ({ row }: ShownWindow, ...titles: readonly string[]) => {
  for (const title of titles) await row(title).click({ modifiers: ['Control'] });
};
/** Selects clusters, compares them, and waits for the result. */
const compare = async (window: ShownWindow, ...titles: readonly string[]) => {
  await select(window, ...titles);
  await window.page
    .getByRole('region', { name: 'Selection' })
    .getByRole('button', { name: 'Compare' })
    .click();
};
const boxOf = async (element: Locator) => (await element.boundingBox()) ?? { x: Number.NaN, y: Number.NaN };
const asks = (window: ShownWindow, answer = both) => {
  const inputs: Input<'compare'>[] = [];
  window.agent.handlers.compare = async ({ environment: _, ...input }) => {
    inputs.push(input);
    return answer;
  };
  return inputs;
};

describe('selected clusters are compared', () => {
  test('with three keys from the list, and Escape leads back to the row and its selection', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, switchOf, focused } = window;
    const inputs = asks(window);
    await switchOf('billing').focus();
    const keys = ['x', 'Shift+ArrowDown', 'c'];
    for (const key of keys) await page.keyboard.press(key);
    await page.getByRole('heading', { name: 'Compare 2 clusters', level: 1 }).waitFor();
    expect(keys).toHaveLength(3);
    await page.getByText('3 differences in 2 workloads and the clusters.').waitFor();
    expect(inputs).toEqual([{ clusters: [{ cluster: billing.id }, { cluster: orders.id }] }]);
    expect(await focused()).toBe('Compare 2 clusters');
    await page.keyboard.press('Escape');
    await eventually(focused).toBe('Connect orders');
    await page.getByText('2 selected').waitFor();
  });

  test('with three clicks, in the order in which they were selected, over the list in a wide window too', async (context) => {
    const window = await shown.open(context, { clusters }, { size: { width: 960, height: 680 } });
    const { page, focused } = window;
    const inputs = asks(window);
    await compare(window, 'orders', 'billing');
    await table(window).getByRole('columnheader').first().waitFor();
    expect(inputs).toEqual([{ clusters: [{ cluster: orders.id }, { cluster: billing.id }] }]);
    expect(await page.getByRole('searchbox').isVisible()).toBe(false);
    const { x, width } = (await page.getByRole('region', { name: 'Comparison' }).boundingBox()) ?? {};
    expect([x, width]).toEqual([0, 960]);
    await tool(window, 'Compare 2 clusters').click();
    await eventually(focused).toBe('Compare');
  });

  test('before a letter goes to the search field', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, switchOf, focused } = window;
    asks(window);
    await page.evaluate(() =>
      document.addEventListener('keydown', (event) => {
        if (!event.defaultPrevented && /^[a-z]$/.test(event.key)) document.querySelector('input')?.focus();
      }),
    );
    await switchOf('billing').focus();
    for (const key of ['x', 'Control+a', 'c']) await page.keyboard.press(key);
    await page.getByRole('heading', { name: 'Compare 4 clusters', level: 1 }).waitFor();
    await tool(window, 'Compare 4 clusters').press('Escape');
    await eventually(focused).toBe('Connect billing');
  });

  test('only where two or more are selected, and only by a key that is not typed', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, switchOf, titles } = window;
    const inputs = asks(window);
    await switchOf('billing').focus();
    await page.keyboard.press('x');
    expect(await tool(window, 'Compare').isDisabled()).toBe(true);
    await page.keyboard.press('c');
    await page.getByText('Select 2 to 100 clusters to compare them').waitFor();
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('2 selected').waitFor();
    await page.getByRole('searchbox').focus();
    await page.keyboard.type('pc');
    await eventually(titles).toEqual([]);
    expect(await page.getByRole('searchbox').inputValue()).toBe('pc');
    expect(inputs).toEqual([]);
  });

  test('by a script that the first paint does not load', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, row } = window;
    asks(window);
    const scripts = () =>
      page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .filter(({ name }) => /comparison-view.*\.js/.test(name))
          .map(({ name }) => name),
      );
    await row('billing').waitFor();
    await select(window, 'billing');
    expect(await scripts()).toEqual([]);
    await select(window, 'orders');
    await eventually(scripts).toHaveLength(1);
  });

  test('and where that script cannot be had, the page says so, and reloads', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, row } = window;
    await page.route(/comparison-view.*\.js/, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: 'throw new Error();' }),
    );
    await compare(window, 'billing', 'orders');
    await page.getByRole('alert').getByText('Could not load this page').waitFor();
    await page.unroute(/comparison-view.*\.js/);
    await tool(window, 'Reload').click();
    await row('billing').waitFor();
  });
});

describe('the table', () => {
  test('has a head for each column and row, and marks differences by a sign and in words', async (context) => {
    const window = await shown.open(context, { clusters });
    asks(window);
    await compare(window, 'billing', 'orders');
    await table(window).getByRole('columnheader', { name: 'orders production' }).waitFor();
    expect(await table(window).getByRole('columnheader').count()).toBe(2);
    expect(await rowTexts(window, 'namespace')).toEqual(['namespace', 'money', 'default']);
    expect(await rowTexts(window, 'version')).toEqual(['version ≠differs', 'v1.33.1', 'v1.32.4 ≠differs']);
    expect(await rowTexts(window, 'nodes')).toEqual(['nodes', '6', '6']);
    expect(await rowTexts(window, 'Deployment/worker')).toEqual([
      'Deployment/worker ≠differs',
      '',
      'missing ≠differs',
    ]);
    const scopes = await table(window)
      .locator('th')
      .evaluateAll((all) => [...new Set(all.map((one) => one.getAttribute('scope')))]);
    expect(scopes).toEqual(['col', 'row', 'rowgroup']);
  });

  test('has a column with the reason for a cluster that could not be read, and says which parts are not known', async (context) => {
    const window = await shown.open(context, { clusters });
    asks(window, withTrouble);
    await compare(window, 'billing', 'orders', 'payments');
    await table(window).getByText('orders does not respond. Ask its owner.').waitFor();
    expect(await rowTexts(window, 'not read')).toEqual([
      'not read',
      'CronJob It is forbidden.',
      'orders does not respond. Ask its owner.',
      '',
    ]);
    expect(await rowTexts(window, 'restarts')).toEqual([
      'restarts ≠differs',
      '0',
      '?not known',
      '7 ≠differs',
    ]);
  });

  test('shows only what differs, and is copied as it is shown, as Markdown', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, clipboard } = window;
    asks(window);
    await compare(window, 'billing', 'orders');
    await table(window).getByRole('rowheader', { name: 'nodes', exact: true }).waitFor();
    await tool(window, 'Copy as Markdown').click();
    await eventually(clipboard).toBe(comparisonMarkdown(both));
    const differing = page.getByRole('switch', { name: 'Different only' });
    await differing.focus();
    await page.keyboard.press(' ');
    await table(window).getByRole('rowheader', { name: 'nodes', exact: true }).waitFor({ state: 'detached' });
    expect(await table(window).getByRole('rowheader').allTextContents()).toEqual([
      'namespace',
      'Cluster ',
      'version ≠differs',
      'Deployment/web ',
      'image ≠differs',
      'Deployment/worker ≠differs',
    ]);
    await page.getByRole('button', { name: /^(Copied|Copy as Markdown)$/ }).click();
    await eventually(clipboard).toBe(comparisonMarkdown(onlyDifferent(both)));
  });

  test('draws thousands of workloads in parts', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page } = window;
    const workloads = Array.from({ length: 450 }, (_, at) => ({
      ...aDeployment(`w${1_000 + at}`),
      facts: [],
    }));
    asks(window, aComparison([billing, { workloads }], [orders, { workloads }]));
    await compare(window, 'billing', 'orders');
    const groups = () => table(window).locator('tbody').count();
    // The names of the clusters, and what belongs to the clusters themselves, come first.
    await eventually(groups).toBe(201);
    await tool(window, 'Show 200 more').click();
    await eventually(groups).toBe(401);
    await tool(window, 'Show 51 more').click();
    await eventually(groups).toBe(452);
    expect(await page.getByRole('button', { name: /^Show/ }).count()).toBe(0);
  });

  test.for([960, 440, 320, 220])(
    'of six clusters scrolls in itself, in a window of %i',
    async (width, context) => {
      const six = Array.from({ length: 6 }, (_, at) => aCluster(`payments-production-eu-west-${at}`));
      const workloads = Array.from({ length: 30 }, (_, at) => aDeployment(`web-frontend-${at}`));
      const window = await shown.open(context, { clusters: six });
      const { page } = window;
      asks(window, aComparison(...six.map((one, at) => [one, { workloads, nodes: at }] as const)));
      await select(window, ...six.map(({ title }) => title));
      await page.setViewportSize({ width, height: 480 });
      await tool(window, 'Compare').click();
      const region = page.getByRole('region', { name: 'Comparison' });
      await table(window).getByRole('rowheader', { name: 'Deployment/web-frontend-29' }).waitFor();
      const sides = () =>
        page.evaluate(() => ({
          page: document.documentElement.scrollWidth - innerWidth,
          body: (document.querySelector('.sub-page-body')?.scrollWidth ?? 0) - innerWidth,
        }));
      const sizes = await sides();
      expect(sizes.page).toBeLessThanOrEqual(0);
      expect(sizes.body).toBeLessThanOrEqual(0);
      const box = async (role: 'rowheader' | 'columnheader', name: string) => {
        const head = table(window).getByRole(role, { name }).first();
        const [{ x, y }, around] = [await boxOf(head), await boxOf(region)];
        return { x: Math.round(x - around.x), y: Math.round(y - around.y) };
      };
      const before = { row: await box('rowheader', 'version'), column: await box('columnheader', '-0') };
      // The keyboard scrolls it, too.
      await region.focus();
      const scrolled = () => region.evaluate(({ scrollLeft, scrollTop }) => [scrollLeft > 0, scrollTop > 0]);
      await page.keyboard.press('End');
      await region.evaluate((element) => element.scrollBy(400, 0));
      await eventually(scrolled).toEqual([true, true]);
      expect((await box('rowheader', 'version')).x).toBe(before.row.x);
      expect((await box('columnheader', '-0')).y).toBe(before.column.y);
    },
  );
});

describe('while clusters are read', () => {
  test('each column says how far it is by its tunnel; leaving ends the reading', async (context) => {
    const window = await shown.open(context, {
      clusters,
      tunnels: [aTunnel(billing.id, connected())],
    });
    const { page, agent } = window;
    const ended = Promise.withResolvers<void>();
    agent.handlers.compare = (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          ended.resolve();
          reject(new AppError('cancelled', 'Cancelled.'));
        }),
      );
    await compare(window, 'billing', 'orders');
    await page.getByRole('status').getByText('Reading 2 clusters…').waitFor();
    await eventually(() => rowTexts(window, 'state')).toEqual(['state', 'Reading', 'Waiting']);
    const say = (status: 'connecting' | 'logging-in' | 'idle') =>
      agent.tell({
        kind: 'tunnel',
        tunnel: aTunnel(orders.id, status === 'idle' ? { status } : ({ status, since: 1 } as never)),
      });
    say('connecting');
    await eventually(() => rowTexts(window, 'state')).toEqual(['state', 'Reading', 'Connecting']);
    // The agent closes what it opened once it has read it.
    say('idle');
    await eventually(() => rowTexts(window, 'state')).toEqual(['state', 'Reading', 'Done']);
    await page.keyboard.press('Escape');
    await ended.promise;
  });

  test('Stop ends it and keeps the last result; Refresh, the same button, reads again', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, agent, focused } = window;
    asks(window);
    await compare(window, 'billing', 'orders');
    await table(window).getByText('v1.32.4').waitFor();
    const ended = Promise.withResolvers<void>();
    agent.handlers.compare = (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          ended.resolve();
          reject(new AppError('cancelled', 'Cancelled.'));
        }),
      );
    await tool(window, 'Refresh').focus();
    await page.keyboard.press('Enter');
    await tool(window, 'Stop').waitFor();
    expect(await focused()).toBe('Stop');
    expect(await table(window).getByText('v1.32.4').count()).toBe(1);
    await page.keyboard.press('Enter');
    await ended.promise;
    await page.getByText('Stopped. Nothing was changed. The table shows the last result.').waitFor();
    expect(await focused()).toBe('Refresh');
    asks(window, aComparison([billing, {}], [orders, {}]));
    await page.keyboard.press('Enter');
    await page.getByText('0 differences in 0 workloads and the clusters.').waitFor();
  });

  test('an agent that cannot compare says why; a missing session is one click away', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, agent } = window;
    agent.handlers.compare = () =>
      Promise.reject(new AppError('timeout', 'It took too long.', { hint: 'Try again.' }));
    await compare(window, 'billing', 'orders');
    await page.getByRole('alert').getByText('Could not compare It took too long. Try again.').waitFor();
    const session = { code: 'aws-session-expired', message: 'The session ended.', retryable: false } as const;
    asks(window, aComparison([billing, {}], [orders, { error: session }]));
    await tool(window, 'Refresh').click();
    await tool(window, 'Sign in').click();
    await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor();
  });
});

describe('what is read', () => {
  test('can be one kind, in a namespace of all or of one cluster', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, focused } = window;
    const inputs = asks(window);
    await compare(window, 'billing', 'orders');
    await page.getByLabel('Kind').selectOption('StatefulSets');
    await eventually(async () => inputs.at(-1)?.kind).toBe('StatefulSet');

    await tool(window, 'Namespaces').click();
    expect(await focused()).toBe('All clusters');
    expect(await page.getByLabel('Namespace of billing').getAttribute('placeholder')).toBe('money');
    await page.keyboard.type('blue');
    await page.getByLabel('Namespace of orders').fill('Green_1');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('“Green_1” is not the name of a namespace').waitFor();
    expect(inputs).toHaveLength(2);
    await page.getByLabel('Namespace of orders').fill('green');
    await page.keyboard.press('Enter');
    await eventually(async () => inputs.at(-1)).toEqual({
      clusters: [
        { cluster: billing.id, namespace: 'blue' },
        { cluster: orders.id, namespace: 'green' },
      ],
      kind: 'StatefulSet',
    });
    // Escape closes the form first.
    await page.keyboard.press('Escape');
    await page.getByLabel('All clusters').waitFor({ state: 'detached' });
    expect(await focused()).toBe('Namespaces');
    await page.keyboard.press('Escape');
    await page.getByText('2 selected').waitFor();
  });

  test('includes production only after a yes, where the agent asks; the yes is for this page', async (context) => {
    const window = await shown.open(context, { clusters });
    const { page, agent, focused } = window;
    const answers: unknown[] = [];
    agent.handlers.compare = async ({ production }) => {
      answers.push(production);
      if (production === true) return both;
      throw new AppError('production-unconfirmed', 'orders is a production cluster: your organisation asks.');
    };
    await compare(window, 'billing', 'orders');
    const dialog = page.getByRole('alertdialog', { name: 'Read production?' });
    await dialog.getByText('orders is a production cluster: your organisation asks.').waitFor();
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Enter');
    await page.getByText('Stopped. Nothing was changed.').waitFor();
    expect(await table(window).getByText('v1.32.4').count()).toBe(0);

    await tool(window, 'Refresh').click();
    await dialog.getByRole('button', { name: 'Read production' }).click();
    await table(window).getByText('v1.32.4').waitFor();
    await tool(window, 'Refresh').click();
    await eventually(async () => answers).toEqual([undefined, undefined, true, true]);
  });
});
