import { expect, test } from 'vitest';
import type { Input } from '../../main/api/contract.ts';
import { setLinkOf } from '../../main/api/link.ts';
import { targetHash } from '../../main/api/window-target.ts';
import { AppError } from '../../main/model/app-error.ts';
import { aCluster, anOrganisation, aTunnel, connected } from './shown.ts';
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

test('sets are a row of chips: a click connects, the mark says that it is connected', async (context) => {
  const window = await opened(context, { clusters, sets: [staging, all] });
  const { page, calls, switchOf, focused } = window;
  const chips = page.getByRole('toolbar', { name: 'Sets' });
  await chips.getByRole('button', { name: 'Connect the set staging EU, 2 clusters', exact: true }).click();
  await eventually(() => switchOf('search').isChecked()).toBe(true);
  expect(calls).toEqual([{ clusters: [orders.id, search.id], origin: 'set' }]);
  await chips.getByRole('button', { name: 'Connect the set staging EU, 2 clusters, connected' }).waitFor();
  // Production asks by name, as everywhere.
  await chips.getByRole('button', { name: 'Connect the set prod + staging, 3 clusters' }).click();
  await page.getByText('payments is a production cluster.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  // The row is one tab stop, and the arrow keys move along it.
  await eventually(focused).toBe('Connect the set prod + staging, 3 clusters');
  await page.keyboard.press('ArrowLeft');
  await eventually(focused).toBe('Actions for the set staging EU');
  await page.keyboard.press('Tab');
  expect(await chips.evaluate((row) => row.contains(document.activeElement))).toBe(false);
});

test('the menu of a set disconnects, copies its link and deletes it', async (context) => {
  const { page, agent, clipboard } = await opened(context, {
    clusters,
    sets: [staging],
    tunnels: [aTunnel(search.id, connected())],
  });
  const choose = async (name: string) => {
    await page.getByRole('button', { name: 'Actions for the set staging EU' }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  await choose('Disconnect 1 cluster');
  await eventually(async () => agent.snapshot().tunnels).toEqual([]);
  await choose('Copy link');
  await eventually(clipboard).toMatch(/^k8s-tunnels:\/\/set\?name=staging%20EU&/);
  await choose('Delete set');
  await page.getByText('Deleted the set staging EU.').waitFor();
  expect(await page.getByRole('toolbar', { name: 'Sets' }).count()).toBe(0);
  await eventually(() => page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
});

test('a set is changed: its name, what is taken out and what is added', async (context) => {
  const { page, agent, focused } = await opened(context, { clusters, sets: [staging] });
  await page.getByRole('button', { name: 'Actions for the set staging EU' }).click();
  await page.getByRole('menuitem', { name: 'Change…' }).click();
  const form = page.getByRole('dialog', { name: 'Change the set staging EU' });
  await form.getByRole('textbox', { name: 'Name' }).fill('staging and payments');
  await form.getByRole('button', { name: 'Take orders out' }).click();
  await form.getByRole('button', { name: 'Take search out' }).click();
  expect(await form.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  const find = form.getByRole('searchbox', { name: 'Add clusters' });
  await find.fill('nothing like it');
  await form.getByText('No cluster matches').waitFor();
  await find.fill('prod');
  await form.getByRole('button', { name: 'Add payments' }).click();
  await find.fill('sear');
  await page.keyboard.press('Enter');
  expect(agent.snapshot().sets).toEqual([staging]);
  // In a low window, as at 200 %, the form scrolls to its buttons.
  await page.setViewportSize({ width: 320, height: 340 });
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor({ state: 'detached' });
  expect(agent.snapshot().sets).toEqual([
    { name: 'staging and payments', clusters: [payments.id, search.id] },
  ]);
  await eventually(focused).toMatch(/the set staging and payments/);
});

test('what is selected is added to a set that is there', async (context) => {
  const { page, select, agent } = await opened(context, { clusters, sets: [staging] });
  await select();
  const form = page.getByRole('dialog', { name: 'Save 2 clusters as a set' });
  await form.getByRole('textbox', { name: 'Name' }).fill('Staging eu');
  await form.getByRole('button', { name: 'Add to set' }).click();
  await form.waitFor({ state: 'detached' });
  expect(agent.snapshot().sets).toContainEqual({
    name: 'Staging eu',
    clusters: [orders.id, search.id, payments.id],
  });
});

test('a set of the organisation is marked as such, and cannot be changed', async (context) => {
  const { page } = await opened(context, {
    clusters,
    organisation: anOrganisation(),
    sets: [{ ...staging, organisation: true }],
  });
  await page.getByRole('button', { name: 'Actions for the set staging EU' }).click();
  await page.getByText('Set of Acme').waitFor();
  expect(await page.getByRole('menuitem').allTextContents()).toEqual(['Connect 2 clusters', 'Copy link']);
});

test('a link proposes a set, which is saved after a yes and connects nothing', async (context) => {
  const { page, agent, calls, focused } = await opened(context, { clusters, sets: [staging] });
  const follow = (link: string) =>
    page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      targetHash({ kind: 'link', link }),
    );
  const link = `${setLinkOf({ name: 'on call', clusters: [payments.id, orders.id] })}&cluster=nowhere`;
  await follow(link);
  const question = page.getByRole('alertdialog', { name: 'Save the set on call?' });
  await question.getByText('Nothing is saved or connected until you confirm.').waitFor();
  expect(await question.getByRole('listitem').allInnerTexts()).toEqual([
    'payments\nproduction\nproduction · EKS · 111122223333 · eu-west-1',
    'orders\nstaging · EKS · 111122223333 · eu-west-1',
    'nowhere\nThere is no cluster called "nowhere".',
  ]);
  await eventually(focused).toBe('Cancel');
  await page.keyboard.press('Enter');
  await question.waitFor({ state: 'detached' });
  expect(agent.snapshot().sets).toEqual([staging]);
  await follow(link);
  await question.getByRole('button', { name: 'Save 2 clusters' }).click();
  await question.waitFor({ state: 'detached' });
  await page.getByText('Saved the set on call.').waitFor();
  expect(agent.snapshot().sets).toContainEqual({ name: 'on call', clusters: [payments.id, orders.id] });

  await follow('k8s-tunnels://set?name=ON%20CALL&tags=environment=staging');
  await page.getByText('You have a set of this name. Its clusters are replaced.').waitFor();
  await page.getByRole('button', { name: 'Replace set' }).waitFor();
  await follow('k8s-tunnels://set?name=x&cluster=nowhere');
  await page.getByRole('alertdialog', { name: 'Nothing to save' }).waitFor();
  expect(calls).toEqual([]);
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
    'k8s-tunnels://set?name=staging%20EU&cluster=eks/111122223333/eu-west-1/orders&cluster=eks/111122223333/eu-west-1/search',
  );
  await say('delete set');
  await eventually(async () => agent.snapshot().sets).toEqual([]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await eventually(async () => agent.snapshot().sets).toEqual([staging]);
});
