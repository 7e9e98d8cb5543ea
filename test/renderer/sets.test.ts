import { expect, test } from 'vitest';
import type { Input } from '../../main/api/contract.ts';
import { AppError } from '../../main/model/app-error.ts';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders', { environment: 'staging' });
const payments = aCluster('payments', { environment: 'production' });
const search = aCluster('search', { environment: 'staging' });
const clusters = [orders, payments, search];
const staging = { name: 'staging EU', clusters: [orders.id, search.id] };
const all = { name: 'prod + staging', clusters: clusters.map(({ id }) => id) };

const opened = async (...args: Parameters<typeof shown.open>) => {
  const window = await shown.open(...args);
  const { page, agent } = window;
  const calls: Input<'connect'>[] = [];
  const { connect } = agent.handlers;
  agent.handlers.connect = (input, call) => {
    calls.push(input);
    return connect(input, call);
  };
  await page.locator('.row').first().waitFor();
  const panel = page.getByRole('listbox');
  return {
    ...window,
    calls,
    say: async (query: string) => {
      await page.keyboard.press('Control+k');
      await panel.waitFor();
      await page.keyboard.type(query);
      await page.keyboard.press('Enter');
      await panel.waitFor({ state: 'detached' });
    },
    select: async () => {
      await window.switchOf('orders').focus();
      await page.keyboard.press('x');
      await page.keyboard.press('Shift+ArrowDown');
      await page.getByRole('button', { name: 'Save as set…' }).click();
    },
  };
};

test('what is selected is saved by a name, and saved again in its place', async (context) => {
  const { page, select, agent } = await opened(context, { clusters });
  await select();
  const form = page.getByRole('dialog', { name: 'Save 2 clusters as a set' });
  const name = form.getByRole('textbox', { name: 'Name' });
  expect(await form.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await name.fill('pair');
  await page.keyboard.press('Enter');
  await form.waitFor({ state: 'detached' });
  await page.getByText('Saved the set pair.').waitFor();
  const pair = { name: 'pair', clusters: [orders.id, payments.id] };
  expect(agent.snapshot().sets).toEqual([pair]);

  agent.handlers['set-save'] = () =>
    Promise.reject(new AppError('bad-input', 'There are 50 sets already.', { hint: 'Remove one.' }));
  await page.getByRole('button', { name: 'Save as set…' }).click();
  await name.fill('PAIR ');
  await form.getByRole('button', { name: 'Replace set' }).click();
  await form.getByText('There are 50 sets already. Remove one.').waitFor();
  // The form goes, and what is selected stays.
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached' });
  await page.getByText('2 selected').waitFor();
  expect(agent.snapshot().sets).toEqual([pair]);
});

test('a set without production opens at once, what is open stays', async (context) => {
  const { say, calls, switchOf } = await opened(context, {
    clusters,
    sets: [staging, all],
    tunnels: [aTunnel(search.id, connected())],
  });
  await say('open set stag');
  await eventually(() => switchOf('orders').isChecked()).toBe(true);
  expect(calls).toEqual([{ clusters: [orders.id], origin: 'set' }]);
});

test('a set with production asks, by the question of links', async (context) => {
  const { page, say, calls, agent } = await opened(context, { clusters, sets: [staging, all] });
  const question = page.getByRole('alertdialog', { name: 'Open 3 clusters?' });
  await say('open set prod');
  await question.getByText('Set: prod + staging').waitFor();
  await question.getByText('payments is a production cluster.').waitFor();
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'detached' });
  expect(agent.snapshot().tunnels).toEqual([]);
  await say('open set prod');
  await page.getByRole('button', { name: 'Connect only the other 2' }).click();
  await eventually(async () =>
    agent
      .snapshot()
      .tunnels.map(({ cluster }) => cluster)
      .toSorted(),
  ).toEqual([orders.id, search.id].toSorted());
  await say('open set prod');
  await page.getByRole('button', { name: 'Connect 1 (production)' }).click();
  await eventually(async () => agent.snapshot().tunnels.length).toBe(3);
  // The agent was asked each time, and asked back.
  expect(calls.map(({ origin, production }) => [origin, production])).toEqual([
    ['set', undefined],
    ['set', undefined],
    ['set', false],
    ['set', undefined],
    ['set', true],
  ]);
});

test('a set is copied as a link, removed, and given back', async (context) => {
  const { page, say, clipboard, agent } = await opened(context, { clusters, sets: [staging] });
  await say('copy link to set');
  await eventually(clipboard).toBe(
    'k8s-tunnels://connect?cluster=eks/111122223333/eu-west-1/orders&cluster=eks/111122223333/eu-west-1/search',
  );
  await say('remove set');
  await eventually(async () => agent.snapshot().sets).toEqual([]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await eventually(async () => agent.snapshot().sets).toEqual([staging]);
});
