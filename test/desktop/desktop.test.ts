import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, type TestContext, test, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { processesOf } from '../e2e/processes.ts';
import { desktopFixture } from './desktop-fixture.ts';
import type { DoubleDriver } from './double-driver.ts';

const patience = { timeout: 15_000, interval: 20 };
const cluster = 'payments-staging-eu';

/** Asks the agent through the bridge, as the page does. */
function call(page: Page, operation: string, input: unknown = {}): Promise<unknown> {
  return page.evaluate(
    ([name, given]) =>
      new Promise((resolve, reject) => {
        const bridge = window.k8sTunnels;
        if (bridge === undefined) throw new Error('there is no bridge');
        const id = Math.floor(Math.random() * 1e9) + 1e6;
        const stop = bridge.onMessage((message) => {
          if (!('id' in message) || message.id !== id) return;
          stop();
          if ('error' in message) reject(new Error(message.error.code));
          else resolve(message.output);
        });
        bridge.send({ id, operation: String(name), input: given });
      }),
    [operation, input],
  );
}

const status = (app: DoubleDriver, pattern: RegExp) =>
  vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(pattern), patience);
const isVisible = (app: DoubleDriver, visible: boolean) =>
  vi.waitFor(async () => expect(await app.isWindowVisible()).toBe(visible), patience);
const connectSwitch = (page: Page, title: string) =>
  page.getByRole('switch', { name: `Connect ${title}`, exact: true });

/** One app for all, each test beginning where the one before it ended. */
describe('the window and the tray', () => {
  const desktop = desktopFixture({ lasts: 'group' });
  let started: Promise<DoubleDriver> | undefined;
  const appOf = (context: TestContext): Promise<DoubleDriver> => {
    started ??= desktop.of(context).start();
    return started;
  };

  test('the window has the bridge, and no way past its fence', async (context) => {
    const app = await appOf(context);
    const page = await app.page();
    expect(await page.evaluate(() => Object.keys(window.k8sTunnels ?? {}))).toEqual([
      'send',
      'onMessage',
      'onEnd',
    ]);
    expect(await page.evaluate(() => typeof Reflect.get(globalThis, 'require'))).toBe('undefined');
    const answer = await page.reload();
    expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'");
    await expect(call(page, 'settings-get')).resolves.toMatchObject({ kubeconfigMode: 'switch' });
    await expect(call(page, 'no-such-operation')).rejects.toThrow('bad-input');
    const sideways = { kubeconfigMode: 'sideways' };
    await expect(call(page, 'settings-set', sideways)).rejects.toThrow('bad-input');

    const absent = await page.evaluate(async () => (await fetch('/../package.json')).status);
    expect(absent).toBe(404);
    await expect(page.evaluate(() => fetch('https://attacker.example/'))).rejects.toThrow();
    const foreign = await page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.violatedDirective));
          const script = document.createElement('script');
          script.src = 'https://attacker.example/x.js';
          document.head.append(script);
        }),
    );
    expect(foreign).toBe('script-src-elem');

    await page.evaluate(() => {
      for (const url of [
        'https://docs.example/a?b=c',
        'http://docs.example/',
        'file:///etc/passwd',
        'https://user:pw@docs.example/',
      ])
        window.open(url);
    });
    await vi.waitFor(async () => expect(await app.ask('opened')).toEqual(['https://docs.example/a?b=c']));
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read']) {
      const granted = await app.ask('isGranted', [permission, 'app://k8s-tunnels/']);
      expect(granted).toEqual({ request: false, check: false });
    }
    const clipboard = 'clipboard-sanitized-write';
    const yes = { request: true, check: true };
    expect(await app.ask('isGranted', [clipboard, 'app://k8s-tunnels/'])).toEqual(yes);
    const no = { request: false, check: false };
    expect(await app.ask('isGranted', [clipboard, 'https://attacker.example/'])).toEqual(no);
  });

  test('the window hides when it is closed, and comes back from the tray', async (context) => {
    const app = await appOf(context);
    await isVisible(app, true);
    await app.closeWindow();
    expect(await app.isWindowVisible()).toBe(false);
    await app.clickTray();
    expect(await app.isWindowVisible()).toBe(true);
    await app.clickTray();
    expect(await app.isWindowVisible()).toBe(false);
    await app.click('Open window');
    expect(await app.isWindowVisible()).toBe(true);
  });

  test('a second start shows the window of the first, and ends', async (context) => {
    const app = await appOf(context);
    await app.closeWindow();
    const second = await desktop.of(context).start();
    await second.ended;
    await isVisible(app, true);
  });

  test('a second start hands its link to the first, which asks and does nothing by itself', async (context) => {
    const app = await appOf(context);
    const page = await app.page();
    const question = page.getByRole('alertdialog', { name: 'Open 2 clusters?' });
    const link = `k8s-tunnels://connect?cluster=${cluster}&cluster=payments-prod-eu`;
    const follow = async () => {
      await app.closeWindow();
      await (await desktop.of(context).start(link)).ended;
      await isVisible(app, true);
      await question.waitFor();
    };
    await follow();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    await status(app, /nothing connected/);
    await follow();
    await page.getByRole('button', { name: 'Connect 2 (1 production)' }).click();
    await status(app, /2 connected/);
    const { commandLine } = desktop.of(context);
    expect((await commandLine.tunnels<Output<'snapshot'>>('status')).kubectl.context).toBeUndefined();
    await commandLine.tunnels('disconnect', '--all');
    await commandLine.tunnels('forget', '--all');
    await status(app, /nothing connected/);

    expect(await app.ask('openUrl', 'k8s-tunnels://quit')).toBe(true);
    const refusal = page.getByRole('alertdialog', { name: 'Invalid link' });
    await refusal.waitFor();
    await page.keyboard.press('Escape');
    await refusal.waitFor({ state: 'detached' });
  });

  test('a window whose process is killed comes back by itself, with all it showed', async (context) => {
    const app = await appOf(context);
    const { commandLine } = desktop.of(context);
    await commandLine.tunnels('connect', cluster);
    const page = await app.page();
    await vi.waitFor(async () => expect(await connectSwitch(page, cluster).isChecked()).toBe(true), patience);
    const session = await page.context().newCDPSession(page);
    void session.send('Page.crash').catch(() => {});
    await page.waitForEvent('crash');
    const next = await vi.waitFor(async () => {
      const found = await app.page();
      expect(found).not.toBe(page);
      return found;
    }, patience);
    await connectSwitch(next, cluster).waitFor();
    expect(await connectSwitch(next, cluster).isChecked()).toBe(true);
    await connectSwitch(next, cluster).press(' ');
    await status(app, /nothing connected/);
  });

  test('the tray opens the settings and the accounts, and disconnects everything', async (context) => {
    const app = await appOf(context);
    const { commandLine } = desktop.of(context);
    await commandLine.tunnels('connect', '--add', cluster);
    await status(app, /1 connected/);
    const page = await app.page();
    for (const label of ['Settings', 'Accounts']) {
      await app.closeWindow();
      await app.click(label);
      await isVisible(app, true);
      await page.getByRole('heading', { name: label, level: 1 }).waitFor();
    }
    await app.click('Disconnect all');
    await status(app, /nothing connected/);
  });

  test('the tray asks before production becomes current, and takes a no', async (context) => {
    const app = await appOf(context);
    const { commandLine } = desktop.of(context);
    const production = 'payments-prod-eu';
    await app.click('All clusters', 'EKS · 444455556666', production);
    await status(app, /1 connected/);
    const kubectl = async () => (await commandLine.tunnels<Output<'snapshot'>>('status')).kubectl.context;
    expect(await kubectl()).toBeUndefined();
    // Connecting it has switched nothing, asked nothing, and said so.
    expect(await app.ask('asked')).toEqual([]);
    expect((await app.ask('notifications')).at(-1)).toMatchObject({
      title: `${production} is connected`,
      body: 'The current context was not switched: this is a production cluster.',
    });
    for (const [answer, expected] of [
      [2, undefined],
      [0, production],
      [1, production],
    ] as const) {
      if ((await kubectl()) === production) {
        await commandLine.tunnels('switch', '-');
        await vi.waitFor(async () => expect(await app.ask('picture')).toBe('1.png'), patience);
      }
      await app.click('Current context', production);
      await vi.waitFor(async () => expect(await app.ask('asked')).toHaveLength(1), patience);
      expect((await app.ask('asked'))[0]?.message).toBe(`Switch the current context to ${production}?`);
      await app.ask('answer', answer);
      await vi.waitFor(async () => expect(await kubectl()).toBe(expected), patience);
      if (expected === undefined) continue;
      await vi.waitFor(async () => expect(await app.ask('picture')).toBe('1-production.png'), patience);
      const line = `⚠ Current context: ${production}   production${answer === 0 ? ', 30m left' : ''}`;
      await vi.waitFor(async () => expect((await app.menu())[1]?.label).toBe(line), patience);
    }
  });

  test('a command that unlocks production asks in the app, and the tray shows and ends the unlock', async (context) => {
    const app = await appOf(context);
    const { commandLine } = desktop.of(context);
    const production = 'payments-prod-eu';
    await commandLine.tunnels('settings', 'productionReadOnly', 'true');
    const items = async () => (await app.menu()).map(({ label }) => label ?? '');
    const locking = async () => (await items()).filter((label) => label.startsWith('⚠ Lock'));
    for (const answer of [1, 0] as const) {
      const unlocking = commandLine.run('k8s-tunnels', ['unlock', production, '--reason', 'INC-4711']);
      await vi.waitFor(async () => expect(await app.ask('asked')).toHaveLength(1), patience);
      expect((await app.ask('asked'))[0]?.message).toBe('Unlock production for writing?');
      expect(await locking()).toEqual([]);
      await app.ask('answer', answer);
      expect((await unlocking).code).toBe(answer === 0 ? 0 : 130);
    }
    const label = `⚠ Lock ${production}   unlocked, 30m left`;
    await vi.waitFor(async () => expect(await locking()).toEqual([label]), patience);
    await app.click(label);
    await vi.waitFor(async () => expect(await locking()).toEqual([]), patience);
    await commandLine.tunnels('settings', 'productionReadOnly', '--reset');
  });

  test('a set is opened from the tray: at once without production, else the window asks', async (context) => {
    const app = await appOf(context);
    const { commandLine } = desktop.of(context);
    const page = await app.page();
    await commandLine.tunnels('disconnect', '--all');
    await status(app, /nothing connected/);
    for (const [name, clusters] of [
      ['staging', [cluster, 'search-staging']],
      ['all & more', [cluster, 'payments-prod-eu']],
    ] as const)
      await call(page, 'set-save', { name, clusters });
    const question = page.getByRole('alertdialog', { name: 'Open 1 cluster?' });
    await vi.waitFor(() => app.click('Sets', 'staging'), patience);
    await status(app, /2 connected/);
    await app.closeWindow();
    await vi.waitFor(() => app.click('Sets', 'all && more'), patience);
    await isVisible(app, true);
    await question.getByText('Already connected').waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    await status(app, /2 connected/);
    await commandLine.tunnels('disconnect', '--all');
    await commandLine.tunnels('forget', '--all');
    await commandLine.tunnels('connect', '--add', 'payments-prod-eu');
    await status(app, /1 connected/);
  });

  test('its picture counts, an open menu stands still, and quitting asks', async (context) => {
    const app = await appOf(context);
    const { commandLine } = desktop.of(context);
    const production = 'payments-prod-eu';
    const picture = (name: string) =>
      vi.waitFor(async () => expect(await app.ask('picture')).toBe(name), patience);
    await picture('1.png');
    await app.ask('menuEvent', 'menu-will-show');
    const before = await app.menu();
    await commandLine.tunnels('disconnect', production);
    await picture('idle.png');
    expect(await app.menu()).toEqual(before);
    await app.ask('menuEvent', 'menu-will-close');
    await status(app, /nothing connected/);

    await commandLine.tunnels('connect', '--add', production);
    await picture('1.png');
    await app.click('Quit');
    await vi.waitFor(async () => expect(await app.ask('asked')).toHaveLength(1), patience);
    expect((await app.ask('asked'))[0]?.message).toBe('Disconnect 1 cluster and quit?');
    await app.ask('answer', 1);
    await status(app, /1 connected/);
  });

  test('the tray tells of a cluster that cannot be connected, and a click leads to it', async (context) => {
    const app = await appOf(context);
    await app.click('All clusters', 'EKS · 111122223333', 'tools-next');
    await vi.waitFor(
      async () => expect((await app.ask('notifications')).at(-1)?.title).toBe('Could not connect tools-next'),
      patience,
    );
    const page = await app.page();
    for (const _ of ['once', 'and again']) {
      await app.closeWindow();
      await app.ask('clickNotification');
      await isVisible(app, true);
      await page.getByRole('heading', { name: 'tools-next' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { name: 'tools-next' }).waitFor({ state: 'hidden' });
    }
  });

  test('a tunnel that ends while nobody looks is told of, and its button opens it again', async (context) => {
    const app = await appOf(context);
    const { commandLine, world } = desktop.of(context);
    const { kubectl } = commandLine;
    if (kubectl === undefined) return context.skip('kubectl is not on PATH');
    await status(app, /1 connected/);
    const said = async () => (await app.ask('notifications')).map(({ title }) => title);
    const before = await said();
    await app.closeWindow();
    const hostname = 'payments-prod.k8s.acme.example';
    world.access.setPolicy(hostname, []);
    // The session lasts: that of the application is renewed by it, and refused.
    world.access.expire('app');
    world.access.dropConnections();
    const { code } = await commandLine.run(kubectl, ['--context', 'payments-prod-eu', 'get', 'namespaces']);
    expect(code).not.toBe(0);
    const news = 'payments-prod-eu is not reachable';
    await vi.waitFor(async () => expect(await said()).toEqual([...before, news]), patience);
    world.access.setPolicy(hostname, undefined);
    await app.ask('clickNotification', 'Retry');
    await status(app, /1 connected/);
  });

  test("the command line's quit ends the app, and leaves no process", async (context) => {
    const app = await appOf(context);
    const { commandLine, world } = desktop.of(context);
    expect(await commandLine.tunnels('quit')).toEqual({ pid: app.pid });
    await app.ended;
    await vi.waitFor(async () => expect((await processesOf(world.home)) ?? []).toEqual([]), patience);
  });
});

describe('one agent', () => {
  const desktop = desktopFixture();

  test('a headless agent hands over: same port, no sign-in, kubectl goes on', async (context) => {
    const { start, commandLine, world } = desktop.of(context);
    const { results } = await commandLine.tunnels<Output<'connect'>>('connect', cluster, 'search-staging');
    const before = await commandLine.tunnels<Output<'snapshot'>>('status');
    const app = await start();
    await status(app, /2 connected/);
    const after = await commandLine.tunnels<Output<'snapshot'>>('status');
    expect(after.agent.pid).toBe(app.pid);
    expect(before.agent.pid).not.toBe(app.pid);
    const ports = ({ tunnels }: Pick<Output<'snapshot'>, 'tunnels'>) =>
      tunnels.map(({ port }) => port).sort();
    expect(ports(after)).toEqual(ports(before));
    expect(ports(after)).toEqual(results.map((one) => (one.status === 'connected' ? one.port : 0)).sort());
    expect(after.kubectl).toEqual(before.kubectl);
    expect(await world.browser.tabs()).toHaveLength(1);
    const { kubectl } = commandLine;
    if (kubectl !== undefined) {
      const { stdout } = await commandLine.run(kubectl, ['get', 'namespaces', '-o', 'name']);
      expect(stdout).toContain('namespace/payments-staging');
    }
  });

  test('killed with -9, its next start shows and opens the same tunnel on the same port', async (context) => {
    const { start, commandLine, world } = desktop.of(context);
    const killed = await start('--hidden');
    await status(killed, /nothing connected/);
    expect(await killed.isWindowVisible()).toBe(false);
    await commandLine.tunnels('connect', cluster);
    const before = await commandLine.tunnels<Output<'snapshot'>>('status');
    await killed.kill();
    // A vendor's tool that was just asked for a token ends by itself.
    await vi.waitFor(async () => expect((await processesOf(world.home)) ?? []).toEqual([]), patience);
    const next = await start();
    await status(next, /1 connected/);
    const shown = connectSwitch(await next.page(), cluster);
    await vi.waitFor(async () => expect(await shown.isChecked()).toBe(true), patience);
    const after = await commandLine.tunnels<Output<'snapshot'>>('status');
    expect(after.agent.pid).toBe(next.pid);
    expect(after.tunnels[0]?.port).toBe(before.tunnels[0]?.port);
    expect(after.kubectl).toEqual(before.kubectl);
    expect(await world.browser.tabs()).toHaveLength(1);
  });

  test('the link of a first start is shown, even of a hidden one', async (context) => {
    const app = await desktop.of(context).start('--hidden', `k8s-tunnels://connect?cluster=${cluster}`);
    const page = await app.page();
    await page.getByRole('alertdialog').waitFor();
    await page.getByRole('alertdialog', { name: 'Open 1 cluster?' }).waitFor();
    expect(await app.isWindowVisible()).toBe(true);
    await status(app, /nothing connected/);
  });

  test('settings that cannot be read are told in the window and in a notification', async (context) => {
    const { start, world } = desktop.of(context);
    const folder = path.join(world.home, '.config', 'k8s-tunnels');
    await mkdir(path.join(folder, 'settings.json'), { recursive: true });
    const app = await start();
    await expect(call(await app.page(), 'settings-get')).rejects.toThrow('bad-input');
    const [notification] = await vi.waitFor(async () => {
      const shown = await app.ask('notifications');
      expect(shown).toHaveLength(1);
      return shown;
    });
    expect(notification?.title).toBe('k8s-tunnels cannot start');
    expect(notification?.body).toContain('The settings file cannot be read');
    await status(app, /^k8s-tunnels cannot start$/);
    await app.click('Quit');
    await app.ended;
  });
});
