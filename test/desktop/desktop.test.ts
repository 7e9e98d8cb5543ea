import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { desktopFixture } from './desktop-fixture.ts';
import type { DoubleDriver } from './double-driver.ts';

const desktop = desktopFixture();
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

const isVisible = (app: DoubleDriver, visible: boolean) =>
  vi.waitFor(async () => expect(await app.isWindowVisible()).toBe(visible), patience);

describe('the window', () => {
  test('hides when it is closed, and comes back from the tray', async (context) => {
    const app = await desktop.of(context).start();
    await app.page();
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

  test('has the bridge, and no way past its fence', async (context) => {
    const app = await desktop.of(context).start();
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

  test('is loaded again when its process is killed', async (context) => {
    const app = await desktop.of(context).start();
    const page = await app.page();
    const session = await page.context().newCDPSession(page);
    void session.send('Page.crash').catch(() => {});
    await page.waitForEvent('crash');
    const next = await vi.waitFor(async () => {
      const found = await app.page();
      expect(found).not.toBe(page);
      return found;
    }, patience);
    await expect(call(next, 'settings-get')).resolves.toMatchObject({ kubeconfigMode: 'switch' });
  });

  test('stays closed at a start that is to be hidden', async (context) => {
    const app = await desktop.of(context).start('--hidden');
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/nothing connected/), patience);
    expect(await app.isWindowVisible()).toBe(false);
    await app.clickTray();
    await isVisible(app, true);
  });
});

describe('one agent', () => {
  test('a second start shows the window of the first, and ends', async (context) => {
    const { start } = desktop.of(context);
    const first = await start();
    await first.page();
    await isVisible(first, true);
    await first.closeWindow();
    const second = await start();
    await second.ended;
    await isVisible(first, true);
  });

  test('a headless agent hands over: same port, no sign-in, kubectl goes on', async (context) => {
    const { start, commandLine, world } = desktop.of(context);
    const { results } = await commandLine.tunnels<Output<'connect'>>('connect', cluster, 'search-staging');
    const before = await commandLine.tunnels<Output<'snapshot'>>('status');
    const app = await start();
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/2 connected/), patience);
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

  test('killed with -9, its next start opens the same tunnel on the same port', async (context) => {
    const { start, commandLine, world } = desktop.of(context);
    const killed = await start('--hidden');
    await vi.waitFor(
      async () => expect((await killed.menu())[0]?.label).toMatch(/nothing connected/),
      patience,
    );
    await commandLine.tunnels('connect', cluster);
    const before = await commandLine.tunnels<Output<'snapshot'>>('status');
    await killed.kill();
    const next = await start('--hidden');
    await vi.waitFor(async () => expect((await next.menu())[0]?.label).toMatch(/1 connected/), patience);
    const after = await commandLine.tunnels<Output<'snapshot'>>('status');
    expect(after.agent.pid).toBe(next.pid);
    expect(after.tunnels[0]?.port).toBe(before.tunnels[0]?.port);
    expect(await world.browser.tabs()).toHaveLength(1);
  });

  test("the command line's quit ends the app", async (context) => {
    const { start, commandLine } = desktop.of(context);
    const app = await start('--hidden');
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/nothing connected/), patience);
    expect(await commandLine.tunnels('quit')).toEqual({ pid: app.pid });
    await app.ended;
  });

  test('settings that cannot be read are told in the window and in a notification', async (context) => {
    const { start, world } = desktop.of(context);
    const folder = path.join(world.home, '.config', 'k8s-tunnels');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'settings.json'), '{"kubeconfigMode": "sideways"}');
    const app = await start();
    await expect(call(await app.page(), 'settings-get')).rejects.toThrow('bad-input');
    const [notification] = await vi.waitFor(async () => {
      const shown = await app.ask('notifications');
      expect(shown).toHaveLength(1);
      return shown;
    });
    expect(notification?.title).toBe('k8s-tunnels cannot start');
    expect(notification?.body).toContain('kubeconfigMode');
    await app.click('Quit');
    await app.ended;
  });
});

describe('the tray', () => {
  test('asks before production becomes current, and takes a no', async (context) => {
    const { start, commandLine } = desktop.of(context);
    const app = await start('--hidden');
    const production = 'payments-prod-eu';
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/nothing connected/), patience);
    await commandLine.tunnels('discover');
    await vi.waitFor(() => app.click('All clusters', 'eks 444455556666', production), patience);
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/1 connected/), patience);
    const kubectl = async () => (await commandLine.tunnels<Output<'snapshot'>>('status')).kubectl.context;
    expect(await kubectl()).toBeUndefined();
    for (const [answer, context_] of [
      [1, undefined],
      [0, production],
    ] as const) {
      await app.click('kubectl uses', production);
      await vi.waitFor(async () => expect(await app.ask('asked')).toHaveLength(1));
      expect((await app.ask('asked'))[0]?.message).toBe(`Use ${production}?`);
      await app.ask('answer', answer);
      await vi.waitFor(async () => expect(await kubectl()).toBe(context_), patience);
    }
  });

  test('tells of a cluster that cannot be connected', async (context) => {
    const { start, commandLine } = desktop.of(context);
    const app = await start('--hidden');
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/nothing connected/), patience);
    await commandLine.tunnels('discover');
    await vi.waitFor(() => app.click('All clusters', 'eks 111122223333', 'tools-next'), patience);
    await vi.waitFor(async () => expect(await app.ask('notifications')).toHaveLength(1), patience);
    expect((await app.ask('notifications'))[0]?.title).toBe('tools-next was not connected');
  });
});
