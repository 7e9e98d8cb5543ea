import { expect, test } from 'vitest';
import { aCluster, aTunnel, connected, originFailure } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders', { owner: 'Team Orders', docs: 'https://wiki.example.com/orders' });
const bare = aCluster('bare');

/** Opens the page of a cluster. */
async function openPage(
  ...[context, title, snapshot = {}]: [Parameters<typeof shown.open>[0], string, object?]
) {
  const window = await shown.open(context, { clusters: [orders, bare], ...snapshot });
  await window.row(title).getByRole('button', { name: title, exact: true }).click();
  await window.page.getByRole('heading', { name: title, level: 1 }).waitFor();
  return { ...window, stages: window.page.locator('.stages li') };
}

test('the page of an idle cluster connects it, by a click or a command, and names its owner', async (context) => {
  const { agent, page, stages, clipboard, focused } = await openPage(context, 'orders');
  const idle = page.getByRole('region', { name: 'Not connected' });
  expect(await stages.count()).toBe(0);
  expect(await page.getByText('not reached').count()).toBe(0);
  expect(await idle.getByRole('definition').allInnerTexts()).toEqual(['Team Orders', expect.any(String)]);
  // Once: not among the other facts again.
  expect(await page.getByText('Team Orders').count()).toBe(1);
  await idle.getByRole('button', { name: 'Copy command' }).click();
  await eventually(clipboard).toBe('k8s-tunnels connect orders');

  const connect = idle.getByRole('button', { name: 'Connect to orders' });
  await connect.focus();
  await page.keyboard.press('Enter');
  await stages.first().waitFor();
  await eventually(() => stages.count()).toBe(5);
  expect(agent.snapshot().tunnels.map(({ cluster }) => cluster)).toEqual([orders.id]);
  // The button is gone; the keys still work.
  await eventually(focused).not.toBe('');
  expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor({ state: 'detached' });
});

test('a cluster without an owner says so; an on-demand context has its command once', async (context) => {
  const { page } = await openPage(context, 'bare', { kept: [bare.id] });
  const idle = page.getByRole('region', { name: 'Not connected' });
  await idle.getByText('No owner tag').waitFor();
  expect(await page.getByRole('button', { name: 'Copy command' }).count()).toBe(1);
  expect(await page.locator('.command').innerText()).toBe('kubectl --context bare get namespaces');
});

test('the stages wait while a cluster connects, and are shown for a failure that has one', async (context) => {
  const { agent, stages } = await openPage(context, 'orders', {
    tunnels: [aTunnel(orders.id, { status: 'connecting', since: 1 })],
  });
  const words = () => stages.allInnerTexts().then((all) => all.map((one) => one.replace(/\s+/g, ' ')));
  await eventually(words).toEqual(
    ['Edge', 'Access', 'Origin', 'TLS', 'Ready'].map((one) => `${one} waiting`),
  );
  const tell = (state: Parameters<typeof aTunnel>[1]) =>
    agent.tell({ kind: 'tunnel', tunnel: aTunnel(orders.id, state) });
  tell(connected(1));
  await eventually(words).toContain('Edge 10 ms');
  tell({ status: 'failed', since: 1, failure: originFailure });
  await eventually(words).toContain('TLS not reached');
});

test('a failure before the first stage shows no stages', async (context) => {
  const { agent, page, stages } = await openPage(context, 'orders');
  const { id: cluster, title } = orders;
  const error = { code: 'login-timeout', message: 'Nobody completed the login.', retryable: true } as const;
  agent.handlers.connect = async () => ({
    results: [{ status: 'failed', cluster, title, error }],
    kubectl: {},
    warnings: [],
  });
  await page.getByRole('button', { name: 'Connect to orders' }).click();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  expect(await stages.count()).toBe(0);
});

test('the focus stays on the page when the button that has it goes away', async (context) => {
  const { page, focused } = await openPage(context, 'orders', {
    tunnels: [aTunnel(orders.id, connected())],
  });
  const setCurrent = page.getByRole('button', { name: 'Set current', exact: true });
  await setCurrent.focus();
  await page.keyboard.press('Enter');
  await setCurrent.waitFor({ state: 'detached' });
  await eventually(focused).toBe('Copy command');
});

test('the owner of a connected cluster is in view, and named once', async (context) => {
  const { page } = await openPage(context, 'orders', { tunnels: [aTunnel(orders.id, connected())] });
  const owner = page.getByText('Team Orders');
  expect(await owner.count()).toBe(1);
  const box = await owner.boundingBox();
  expect(box?.y ?? 0).toBeLessThan(150);
  expect(await page.getByRole('link', { name: 'https://wiki.example.com/orders' }).count()).toBe(1);
});
