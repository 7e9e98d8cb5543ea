import { expect, test } from 'vitest';
import { aCluster, aTunnel, connected } from './shown.ts';
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
  const field = page.getByRole('combobox', { name: 'Commands' });
  const type = async (query: string) => {
    await page.keyboard.press('Control+k');
    await field.waitFor();
    await page.keyboard.type(query);
  };
  return {
    ...window,
    field,
    type,
    active: () => page.getByRole('option', { selected: true }).locator('.palette-title').textContent(),
    say: async (query: string) => {
      await type(query);
      await page.keyboard.press('Enter');
      await field.waitFor({ state: 'detached' });
    },
  };
};

test('is gone through by the arrows, and left by Escape to where the focus was', async (context) => {
  const { page, field, type, active, focused, switchOf } = await opened(context, { clusters });
  await switchOf('payments').focus();
  await type('orders');
  await eventually(active).toBe('Connect orders');
  await page.keyboard.press('ArrowDown');
  await eventually(active).toBe('Open orders');
  const id = await page.getByRole('option', { selected: true }).getAttribute('id');
  expect(await field.getAttribute('aria-activedescendant')).toBe(id);
  expect(await field.getAttribute('aria-expanded')).toBe('true');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await eventually(active).toBe('Star orders');
  await page.keyboard.type(' nowhere');
  await page.getByText('No matching command').waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await field.waitFor({ state: 'detached' });
  await eventually(focused).toBe('Connect payments');
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
  await say('use payments');
  await page.getByRole('alertdialog', { name: 'Switch the current context to payments?' }).waitFor();
  // Nothing else opens below a question.
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Escape');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  expect(await page.getByRole('combobox').count()).toBe(0);
  expect(agent.snapshot().kubectl.cluster).toBe(orders.id);
  await say('disconnect all');
  await eventually(async () => agent.snapshot().tunnels).toEqual([]);
});

test('leads to the pages, copies a command, filters and groups', async (context) => {
  const { page, say, focused, titles, switchOf, clipboard, agent } = await opened(context, {
    clusters,
    kept: [orders.id],
  });
  await switchOf('orders').focus();
  await say('open search');
  await page.getByRole('heading', { name: 'search', level: 1 }).waitFor();
  await page.keyboard.press('Escape');
  await eventually(focused).toBe('Connect orders');
  await say('settings');
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor({ state: 'attached' });
  await say('filter staging');
  await eventually(titles).toEqual(['orders', 'search']);
  await page.getByRole('button', { name: 'Remove filter staging' }).waitFor();
  await say('group by environment');
  await eventually(async () => agent.snapshot().settings.listGroup).toBe('environment');
  await say('copy orders');
  await eventually(clipboard).toBe('kubectl --context orders get namespaces');
});

test('the keys are told after ?, but not to who types it', async (context) => {
  const { page, focused } = await opened(context, { clusters });
  await page.getByRole('searchbox').fill('');
  await page.keyboard.type('?');
  expect(await page.getByRole('searchbox').inputValue()).toBe('?');
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').blur();
  await page.keyboard.type('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Reorder favourites').waitFor();
  await eventually(focused).toBe('Close');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});
