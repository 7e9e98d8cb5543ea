import { describe, expect, test } from 'vitest';
import type { Input } from '../../main/api/contract.ts';
import { drawn } from './frames.ts';
import { aCluster, anAccount, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders', { environment: 'staging' });
const payments = aCluster('payments', { environment: 'production' });
const search = aCluster('search', { environment: 'staging' });
const clusters = [orders, payments, search];

const opened = async (...args: Parameters<typeof shown.open>) => {
  const window = await shown.open(...args);
  const { page } = window;
  await page.locator('.row').first().waitFor();
  const field = page.getByRole('searchbox');
  const panel = page.getByRole('listbox', { name: 'Clusters, sets and commands' });
  await eventually(window.focused).toBe(await field.getAttribute('aria-label'));
  return {
    ...window,
    field,
    panel,
    active: () => page.getByRole('option', { selected: true }).locator('.bar-title').textContent(),
    say: async (query: string) => {
      await page.keyboard.press('Control+k');
      await panel.waitFor();
      await page.keyboard.type(query);
      await page.keyboard.press('Enter');
      await panel.waitFor({ state: 'detached' });
    },
  };
};

describe('the search field', () => {
  test('has the focus when the window opens, so that typing finds and Enter connects', async (context) => {
    const { page, panel, active, field, switchOf } = await opened(context, { clusters });
    await page.keyboard.type('ord');
    await eventually(active).toBe('orders');
    await page.keyboard.press('Enter');
    await panel.waitFor({ state: 'detached' });
    await eventually(() => switchOf('orders').isChecked()).toBe(true);
    expect(await field.inputValue()).toBe('');
    expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('is gone through by the arrows, and closed by Escape before it is cleared', async (context) => {
    const { page, field, panel, active, titles } = await opened(context, { clusters });
    await page.keyboard.type('eu-w');
    await eventually(active).toBe('orders');
    expect(await field.getAttribute('aria-controls')).toBe(await panel.getAttribute('id'));
    await page.keyboard.press('ArrowDown');
    await eventually(active).toBe('search');
    const id = await page.getByRole('option', { selected: true }).getAttribute('id');
    expect(await field.getAttribute('aria-activedescendant')).toBe(id);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await eventually(active).toBe('Show 3 clusters in the list');
    await page.keyboard.type(' nowhere');
    // The list says that nothing matches.
    await page.getByRole('heading', { name: 'No cluster matches “eu-w nowhere”' }).waitFor();
    expect(await panel.count()).toBe(0);
    await page.keyboard.press('Enter');
    await field.fill('eu-w orders');
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await eventually(titles).toEqual(['orders']);
    await page.keyboard.press('Escape');
    await eventually(titles).toHaveLength(3);
    expect(await field.inputValue()).toBe('');
  });

  test('shows the actions of a result with Tab, and leads back with Escape', async (context) => {
    const { page, panel, active, agent } = await opened(context, { clusters });
    await page.keyboard.type('sear');
    await eventually(active).toBe('search');
    await page.keyboard.press('Tab');
    await page.getByRole('heading', { name: 'Actions: search' }).waitFor();
    await eventually(active).toBe('Connect search');
    await page.keyboard.press('Escape');
    await eventually(active).toBe('search');
    await page.keyboard.press('Tab');
    await page.getByRole('option', { name: 'Star search' }).click();
    await panel.waitFor({ state: 'detached' });
    await eventually(async () => agent.snapshot().favourites).toEqual([search.id]);
  });

  test('opens a terminal with Ctrl and Enter', async (context) => {
    const { page, active, agent } = await opened(context, { clusters });
    const asked: Input<'terminal-open'>[] = [];
    agent.handlers['terminal-open'] = async (input) => {
      asked.push(input);
      return { program: '/usr/bin/xterm' };
    };
    await page.keyboard.type('sear');
    await eventually(active).toBe('search');
    await page.keyboard.press('Control+Enter');
    await eventually(async () => asked).toEqual([{ cluster: search.id }]);
  });

  test('takes letters typed anywhere, on other pages too, but not those of a field or a row', async (context) => {
    const { page, field, panel, focused, switchOf, active } = await opened(context, { clusters });
    await page.getByRole('button', { name: 'Refresh' }).focus();
    await page.keyboard.type('ord');
    await eventually(() => field.inputValue()).toBe('ord');
    await eventually(active).toBe('orders');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Settings' }).click();
    await eventually(focused).toBe('Settings');
    await page.keyboard.type('pay');
    await eventually(active).toBe('payments');
    expect(await field.inputValue()).toBe('pay');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await switchOf('orders').focus();
    await page.keyboard.press('x');
    await page.getByText('1 selected').waitFor();
    expect(await panel.count()).toBe(0);
    expect(await field.inputValue()).toBe('');
  });

  test('connects, uses, stars and disconnects; production asks as ever', async (context) => {
    const { page, say, switchOf, agent } = await opened(context, {
      clusters,
      tunnels: [aTunnel(payments.id, connected())],
    });
    await say('connect orders');
    await eventually(() => switchOf('orders').isChecked()).toBe(true);
    await say('use orders');
    await eventually(async () => agent.snapshot().kubectl.cluster).toBe(orders.id);
    await say('star search');
    await eventually(async () => agent.snapshot().favourites).toEqual([search.id]);
    await say('pay');
    await page.getByRole('alertdialog', { name: 'Switch the current context to payments?' }).waitFor();
    // Nothing else opens below a question.
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(await page.getByRole('listbox').count()).toBe(0);
    expect(agent.snapshot().kubectl.cluster).toBe(orders.id);
    await say('disconnect all');
    await eventually(async () => agent.snapshot().tunnels).toEqual([]);
  });

  test('leads to the pages, copies a command, filters and groups', async (context) => {
    const { page, say, field, titles, clipboard, agent } = await opened(context, {
      clusters,
      kept: [orders.id],
    });
    await say('open search');
    await page.getByRole('heading', { name: 'search', level: 1 }).waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
    await say('settings');
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor({ state: 'attached' });
    await say('filter staging');
    await eventually(titles).toEqual(['orders', 'search']);
    await page.getByRole('button', { name: 'Remove filter staging' }).waitFor();
    await say('group by environment');
    await eventually(async () => agent.snapshot().settings.listGroup).toBe('environment');
    await say('copy command orders');
    await eventually(clipboard).toBe('kubectl --context orders get namespaces');
  });

  test('the keys are shown after ?, which the empty field takes as a search for them', async (context) => {
    const { page, field, active, focused } = await opened(context, { clusters });
    const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await page.keyboard.type('?');
    expect(await field.inputValue()).toBe('?');
    await eventually(active).toBe('Keyboard shortcuts');
    await page.keyboard.press('Enter');
    await keys.getByText('Reorder favourites').waitFor();
    await eventually(focused).toBe('Close');
    await page.keyboard.press('Escape');
    await keys.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Refresh' }).focus();
    await page.keyboard.type('?');
    await keys.waitFor();
  });
});

describe('the focus', () => {
  test('goes to the search field when what had it disappears', async (context) => {
    const { page, field, switchOf, agent } = await opened(context, { clusters: [orders] });
    await switchOf('orders').focus();
    agent.tell({ kind: 'catalog', upserted: [], removed: [orders.id], cells: [], removedCells: [] });
    await page.getByRole('switch', { name: 'Connect orders' }).waitFor({ state: 'detached' });
    await eventually(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('stays where it was after a click on empty space, on any page', async (context) => {
    const { page, switchOf, focused } = await opened(context, { clusters });
    await switchOf('search').focus();
    await page.mouse.click(200, 640);
    await eventually(focused).toBe('Connect search');
    await page.getByRole('button', { name: 'Settings' }).click();
    await eventually(focused).toBe('Settings');
    await page.locator('.sub-page h1:visible, .sub-page h2:visible').last().click();
    await eventually(focused).toBe('Settings');
  });

  test('is in the search field when the window is opened again after a while', async (context) => {
    const { page, field, switchOf } = await shown
      .open(context, { clusters }, { movesClock: true })
      .then((window) => ({ ...window, field: window.page.getByRole('searchbox') }));
    await switchOf('orders').waitFor();
    await page.clock.install();
    const show = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    const hasFocus = () => field.evaluate((element) => element === document.activeElement);
    await switchOf('orders').focus();
    await show(true);
    await show(false);
    expect(await hasFocus()).toBe(false);
    await show(true);
    await page.clock.fastForward(60_000);
    await show(false);
    expect(await hasFocus()).toBe(true);
  });

  test('leaves text that is selected by the pointer selected', async (context) => {
    const { page } = await opened(context, { clusters });
    await page.getByRole('button', { name: 'orders', exact: true }).click();
    await page.locator('.detail h1 span').dblclick();
    const selected = () => page.evaluate(() => String(getSelection()).trim());
    await eventually(selected).not.toBe('');
    await drawn(page, 2);
    expect(await selected()).not.toBe('');
  });
});

describe('resume', () => {
  const yesterday = Date.now() - 24 * 60 * 60_000;
  const recent = [search, orders].map(({ id }) => ({ cluster: id, at: yesterday }));

  test('opens with one key what was connected yesterday', async (context) => {
    const { page, agent, switchOf } = await opened(context, { clusters, recent });
    const calls: Input<'connect'>[] = [];
    const { connect } = agent.handlers;
    agent.handlers.connect = (input, call) => {
      calls.push(input);
      return connect(input, call);
    };
    const row = page.getByRole('button', { name: 'Resume 2 clusters of yesterday: orders and search' });
    await row.waitFor();
    await page.keyboard.press('Enter');
    for (const title of ['orders', 'search']) await eventually(() => switchOf(title).isChecked()).toBe(true);
    expect(calls).toEqual([{ clusters: [orders.id, search.id], origin: 'resume' }]);
    await row.waitFor({ state: 'detached' });
  });

  test('asks for production as a set does', async (context) => {
    const { page, agent } = await opened(context, {
      clusters,
      recent: [{ cluster: payments.id, at: yesterday }, ...recent],
    });
    await page.getByRole('button', { name: /^Resume 3 clusters/ }).click();
    const question = page.getByRole('alertdialog', { name: 'Open 3 clusters?' });
    await question.getByText('payments is a production cluster.').waitFor();
    expect(agent.snapshot().tunnels).toEqual([]);
    await page.getByRole('button', { name: 'Connect only the other 2' }).click();
    await eventually(async () =>
      agent
        .snapshot()
        .tunnels.map(({ cluster }) => cluster)
        .toSorted(),
    ).toEqual([orders.id, search.id].toSorted());
  });

  test('is the first choice of the open bar while something is connected, and no row then', async (context) => {
    const { page, active } = await opened(context, {
      clusters,
      recent,
      tunnels: [aTunnel(payments.id, connected())],
    });
    expect(await page.locator('.resume-row').count()).toBe(0);
    await page.keyboard.press('/');
    await eventually(active).toBe('Resume 2 clusters of yesterday: orders and search');
  });
});

test('everything is signed in to by one command', async (context) => {
  const { say, agent } = await opened(context, { clusters });
  const asked: string[] = [];
  agent.handlers.accounts = async () => ({
    accounts: ['one', 'two'].map((session) =>
      anAccount(session, asked.includes(session) ? {} : { status: 'ended', needed: true }),
    ),
  });
  agent.handlers.login = async ({ session = '' }) => {
    asked.push(session);
    return { account: anAccount(session) };
  };
  await say('sign in');
  await eventually(async () => asked).toEqual(['one', 'two']);
});
