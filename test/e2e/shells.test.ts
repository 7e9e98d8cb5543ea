import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Snapshot, TunnelView } from '../../main/model/agent-view.ts';
import { agentText } from '../../renderer/agent/text.ts';
import { clustersText } from '../../renderer/clusters/text.ts';
import { footerText } from '../../renderer/footer/text.ts';
import { type Desktop, desktopFixture } from '../desktop/desktop-fixture.ts';
import { processesOf } from './processes.ts';

const desktop = desktopFixture();
const patience = { timeout: 15_000, interval: 20 };
const [first, second] = ['payments-staging-eu', 'search-staging'] as const;

/** What `status --json` prints, as far as it is used. */
interface Status extends Pick<Snapshot, 'agent'> {
  readonly tunnels: readonly (TunnelView & { readonly title: string })[];
}

/** The window in a browser, by `k8s-tunnels serve`. */
async function openInBrowser({ commandLine, chromium: { endpoint } }: Desktop): Promise<Page> {
  const serving = commandLine.follow('k8s-tunnels', ['serve', '--json']);
  const { url } = JSON.parse(await serving.line(/^\{/)) as { readonly url: string };
  const browser = await chromium.connectOverCDP(endpoint);
  onTestFinished(() => browser.close());
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  return page;
}

const connectSwitch = (page: Page, title: string) =>
  page.getByRole('switch', { name: clustersText.row.connect(title), exact: true });
const shows = (page: Page, title: string, on: boolean) =>
  vi.waitFor(async () => expect(await connectSwitch(page, title).isChecked()).toBe(on), patience);
const isUsed = (page: Page, title: string) =>
  page.getByRole('button', { name: `${footerText.kubectl}: ${title}`, exact: true }).waitFor();

/** From now on: waits until the page has said that its agent is gone, however short that lasts, and says so no more. */
async function watchForLoss(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate((words) => {
    const look = () => {
      if (document.body.textContent?.includes(words)) document.body.dataset.lost = 'yes';
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  }, agentText.link.lost);
  return async () => {
    await page.locator('body[data-lost]').waitFor();
    await page.getByText(agentText.link.lost).first().waitFor({ state: 'detached' });
  };
}

test('the command line, the browser, the window and the tray are at one, and outlive the desktop', async (context) => {
  const rig = desktop.of(context);
  const { commandLine, world } = rig;
  const status = () => commandLine.tunnels<Status>('status');
  const app = await rig.start();
  const window = await app.page();
  const browser = await openInBrowser(rig);
  const menuSays = (label: string, what: object) =>
    vi.waitFor(async () => {
      const found = (await app.menu()).find((item) => item.label.startsWith(label));
      expect(found).toMatchObject(what);
    }, patience);
  const all = async (title: string, on: boolean) => {
    await Promise.all([shows(window, title, on), shows(browser, title, on)]);
    if (on) await menuSays(title, { checked: true });
    else
      await vi.waitFor(
        async () => expect((await app.menu()).some(({ label }) => label.startsWith(title))).toBe(false),
        patience,
      );
    expect((await status()).tunnels.some((tunnel) => tunnel.title === title)).toBe(on);
  };
  await Promise.all([connectSwitch(window, first).waitFor(), connectSwitch(browser, first).waitFor()]);

  await commandLine.tunnels('connect', first);
  await all(first, true);
  await connectSwitch(browser, second).press(' ');
  await all(second, true);
  await Promise.all([isUsed(window, second), isUsed(browser, second)]);
  await app.click('Current context', first);
  await Promise.all([isUsed(window, first), isUsed(browser, first)]);
  await connectSwitch(window, first).press(' ');
  await all(first, false);
  await app.click(second);
  await all(second, false);
  await app.click('All clusters', 'EKS · 111122223333', second);
  await all(second, true);

  // The agent, which the desktop hosts, goes with it: the page in the browser finds the next one.
  const { agent: before, tunnels } = await status();
  expect(before.pid).toBe(app.pid);
  const toldAndBack = await watchForLoss(browser);
  await app.kill();
  await toldAndBack();
  await shows(browser, second, true);
  const after = await status();
  expect(after.agent.pid).not.toBe(before.pid);
  expect(after.tunnels.map(({ port }) => port)).toEqual(tunnels.map(({ port }) => port));
  expect(await world.browser.tabs()).toHaveLength(1);
});

test('an agent that is killed under an open page is told there, comes back, and leaves no process', async (context) => {
  const rig = desktop.of(context);
  const { commandLine, world } = rig;
  const status = () => commandLine.tunnels<Status>('status');
  await commandLine.tunnels('connect', first);
  const before = await status();
  const page = await openInBrowser(rig);
  await shows(page, first, true);

  const toldAndBack = await watchForLoss(page);
  process.kill(before.agent.pid, 'SIGKILL');
  await toldAndBack();
  await shows(page, first, true);
  const after = await status();
  expect(after.agent.pid).not.toBe(before.agent.pid);
  expect(after.tunnels.map(({ port }) => port)).toEqual(before.tunnels.map(({ port }) => port));
  expect(await world.browser.tabs()).toHaveLength(1);
  await connectSwitch(page, first).press(' ');
  await shows(page, first, false);
  // The switch shows at once what was asked for; the tunnel closes a moment later.
  await vi.waitFor(async () => expect((await status()).tunnels).toEqual([]), patience);

  await commandLine.stop();
  await vi.waitFor(async () => expect((await processesOf(world.home)) ?? []).toEqual([]), patience);
});
