import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { desktopFixture } from './desktop-fixture.ts';

const patience = { timeout: 15_000, interval: 20 };
const desktopOf = desktopFixture();
const [payments, search, ledger] = ['payments-staging-eu', 'search-staging', 'ledger-prod'] as const;

test('a day with the window: found, searched, a set opened, a failure mended, a sign-in ended, a link followed', async (context) => {
  const desktop = desktopOf.of(context);
  const { world, commandLine } = desktop;
  const kube = createKubeClient(commandLine);
  await commandLine.tunnels('discover');
  const app = await desktop.start();
  const page = await app.page();
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const row = (title: string) => page.getByRole('listitem').filter({ has: button(title) });
  const connectSwitch = (title: string) =>
    page.getByRole('switch', { name: `Connect ${title}`, exact: true });
  const isOn = (title: string, on: boolean) =>
    vi.waitFor(async () => expect(await connectSwitch(title).isChecked()).toBe(on), patience);
  const menuSays = (pattern: RegExp) =>
    vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(pattern), patience);
  const status = () => commandLine.tunnels<Output<'snapshot'>>('status');

  // A word of its tags finds a cluster.
  await page.getByRole('searchbox').fill('ledger production');
  await page.keyboard.press('Escape');
  await row(ledger).waitFor();
  // The list follows what is typed.
  await vi.waitFor(async () => expect(await page.getByRole('switch').count()).toBe(1), patience);
  await button(`Favourite ${ledger}`).click();
  await page.getByRole('button', { name: `Favourite ${ledger}`, exact: true, pressed: true }).waitFor();
  await page.getByRole('searchbox').fill('');
  await page.getByRole('heading', { name: 'Favourites' }).waitFor();

  // Two are kept as a set, which opens them with one sign-in.
  for (const title of [payments, search]) await row(title).click({ modifiers: ['Control'] });
  await button('Save as set…').click();
  await page.getByRole('dialog').getByRole('textbox').fill('staging');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page.keyboard.type('open set staging');
  await page.keyboard.press('Enter');
  await menuSays(/2 connected/);
  expect(await world.browser.tabs()).toHaveLength(1);
  // The tray may say so a moment before the contexts are written.
  await vi.waitFor(
    async () => expect(await kube.namespaces(payments)).toContain('payments-staging'),
    patience,
  );

  // What fails says why in its row, and comes back by itself.
  const hostname = 'search-staging.k8s.acme.example';
  world.access.setPolicy(hostname, []);
  world.access.revokeApp(hostname);
  world.access.dropConnections(hostname);
  await kube.namespaces(search).catch(() => {});
  await row(search)
    .getByRole('button', { name: `Details: ${search}` })
    .click();
  await page.getByRole('heading', { name: search, level: 1 }).waitFor();
  world.access.setPolicy(hostname, undefined);
  await again(page);
  await page.keyboard.press('Escape');
  await menuSays(/2 connected/);
  expect(await kube.namespaces(search)).toContain('search-staging');

  // The organisation's session ends: the next one asks in the browser, once. Before it ends: a tunnel that has failed by
  // itself would be connected by the first press.
  await connectSwitch(payments).press(' ');
  await isOn(payments, false);
  world.access.endSessions();
  world.access.expire('org');
  world.access.expire('app');
  world.access.dropConnections();
  await connectSwitch(payments).press(' ');
  const isConnected = async () => {
    const { tunnels } = await commandLine.tunnels<{
      tunnels: { title: string; state: { status: string } }[];
    }>('status');
    expect(tunnels).toContainEqual(
      expect.objectContaining({ title: payments, state: expect.objectContaining({ status: 'connected' }) }),
    );
    expect(await world.browser.tabs()).toHaveLength(2);
  };
  await vi.waitFor(isConnected, patience);
  await isOn(payments, true);
  expect(await kube.namespaces(payments)).toContain('payments-staging');

  // A setting is kept, and groups the list.
  await button('Settings').click();
  await page.getByLabel('Group by').selectOption('environment');
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'production' }).waitFor();
  expect(await commandLine.tunnels('settings')).toMatchObject({ listGroup: 'environment' });

  // A link asks, and connects what was said yes to; production stays apart.
  await app.closeWindow();
  await (await desktop.start(`k8s-tunnels://connect?cluster=${ledger}`)).ended;
  await page.getByRole('alertdialog', { name: 'Open 1 cluster?' }).waitFor();
  await page.getByRole('button', { name: /^Connect 1/ }).click();
  await isOn(ledger, true);
  expect((await status()).kubectl.context).not.toBe(ledger);
});

async function again(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try again' }).click();
}
