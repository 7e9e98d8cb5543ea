import { expect, test } from 'vitest';
import { AppError } from '../../main/model/app-error.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { ScriptedAgent } from './scripted-agent.ts';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders');
const search = aCluster('search');
const clusters = [orders, search];
const explained = 'connects when kubectl needs it';
const says = `On demand: ${explained}`;

/** As the agent does it: the changes come before the answer. */
function letForget(agent: ScriptedAgent, ...ids: readonly ClusterId[]): void {
  agent.handlers.forget = async ({ clusters: asked }) => {
    expect(asked).toEqual(ids);
    const kept = agent.snapshot().kept.filter((id) => !ids.includes(id));
    agent.tell({ kind: 'set', values: { kept } });
    for (const id of ids) agent.tell({ kind: 'tunnel', tunnel: aTunnel(id, { status: 'idle' }) });
    return { forgotten: [], kubectl: {}, warnings: [] };
  };
}

test('the row of a kept cluster says so, to a screen reader too, until it is open or forgotten', async (context) => {
  const { agent, row, switchOf } = await shown.open(context, { clusters });
  const sign = row('orders').getByTitle(says);
  const isDescribed = () =>
    switchOf('orders').evaluate((element) =>
      (element.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent ?? '')
        .join('; '),
    );
  await row('orders').waitFor();
  expect(await sign.count()).toBe(0);
  agent.tell({ kind: 'set', values: { kept: [orders.id] } });
  await sign.waitFor();
  expect(await isDescribed()).toContain(says);
  expect(await row('search').getByTitle(says).count()).toBe(0);
  agent.tell({ kind: 'tunnel', tunnel: aTunnel(orders.id, connected()) });
  await sign.waitFor({ state: 'detached' });
});

test('the page of a kept cluster names its context and forgets it, by the keyboard', async (context) => {
  const { agent, page, row, focused } = await shown.open(context, { clusters, kept: [orders.id, search.id] });
  letForget(agent, orders.id);
  await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
  await page.getByRole('definition').filter({ hasText: explained }).waitFor();
  await page.getByRole('definition').getByText('orders', { exact: true }).waitFor();
  const forget = page.getByRole('button', { name: 'Remove from kubeconfig' });
  expect(await forget.getAttribute('title')).toBe('Remove orders from kubeconfig');
  await page.getByRole('button', { name: 'Copy context' }).focus();
  await page.keyboard.press('Tab');
  await eventually(focused).toBe('Entry form of orders');
  await page.keyboard.press('Tab');
  await eventually(focused).toBe('Create a read-only kubeconfig of orders');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await eventually(focused).toBe('Removed from kubeconfig. Connecting adds it again.');
  expect(await forget.count()).toBe(0);
  expect(agent.snapshot().kept).toEqual([search.id]);
  agent.tell({ kind: 'set', values: { kept: [orders.id] } });
  await forget.waitFor();
  expect(await page.getByText('Removed from kubeconfig.').count()).toBe(0);
});

test('a connected one is disconnected with it; what does not work is told beside the button', async (context) => {
  const { agent, page, row } = await shown.open(context, {
    clusters,
    tunnels: [aTunnel(orders.id, connected())],
  });
  agent.handlers.forget = () =>
    Promise.reject(new AppError('kubeconfig-locked', 'Somebody else writes config.', { hint: 'Try again.' }));
  await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
  const forget = page.getByRole('button', { name: 'Disconnect and remove from kubeconfig' });
  await forget.click();
  await page
    .getByRole('alert')
    .getByText('Could not remove: Somebody else writes config. Try again.')
    .waitFor();
  letForget(agent, orders.id);
  await forget.click();
  await page.getByText('Removed from kubeconfig.').waitFor();
  expect(agent.snapshot().tunnels).toEqual([]);
});
