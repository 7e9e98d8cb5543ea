import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type { ItemView } from '../desktop/double/control.ts';
import type { Driver } from '../e2e/driver.ts';

/** What the shim leaves in the main process. */
interface RealItem {
  readonly label: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly checked: boolean;
  readonly submenu?: { readonly items: readonly RealItem[] } | null;
  click(): void;
}
interface Driven {
  readonly tray: { emit(event: string): void };
  readonly menu: { readonly items: readonly RealItem[] };
}

/**
 * Playwright asks elements for `checkVisibility`, which Chromium has since 105, from a world of its own beside the page:
 * each world that the page has, or gets, is given it.
 */
async function teachVisibility(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const expression =
    'Element.prototype.checkVisibility = function () { return this.getClientRects().length > 0; }';
  const taught: Promise<unknown>[] = [];
  session.on('Runtime.executionContextCreated', ({ context }) => {
    taught.push(session.send('Runtime.evaluate', { expression, contextId: context.id }).catch(() => {}));
  });
  // The answer comes after the events of the worlds that there are.
  await session.send('Runtime.enable');
  await Promise.all(taught);
}

export interface RealDriver extends Driver {
  readonly electron: ElectronApplication;
}

/** Starts the bundled app in a real Electron. */
export async function startReal(options: {
  readonly executable: string;
  readonly app: string;
  readonly resources: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<RealDriver> {
  const { executable, app, resources, env } = options;
  const electron: ElectronApplication = await _electron.launch({
    executablePath: executable,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      `--user-data-dir=${path.join(env.HOME ?? '', '.electron')}`,
      app,
    ],
    env: { ...env, K8S_TUNNELS_RESOURCES: resources },
  });
  const child = electron.process();
  const ended = new Promise<void>((resolve) => {
    electron.on('close', () => resolve());
  });
  const menu = (): Promise<readonly ItemView[]> =>
    electron.evaluate(() => {
      const view = (items: readonly RealItem[]): ItemView[] =>
        items.map(({ label, type, enabled, checked, submenu }) => ({
          label,
          type,
          enabled,
          checked,
          items: view(submenu?.items ?? []),
        }));
      return view((globalThis as unknown as { driven?: Driven }).driven?.menu.items ?? []);
    });
  let page: Promise<Page> | undefined;
  return {
    electron,
    page: () => {
      page ??= electron.firstWindow().then(async (window) => {
        // Playwright makes its world when the page has one.
        await window.waitForLoadState();
        await teachVisibility(window);
        return window;
      });
      return page;
    },
    menu,
    click: (...labels) =>
      electron.evaluate((_modules, given) => {
        let items = (globalThis as unknown as { driven: Driven }).driven.menu.items;
        let item: RealItem | undefined;
        for (const label of given) {
          item = items.find((one) => one.label.startsWith(label));
          if (item === undefined) throw new Error(`there is no item ${label}`);
          items = item.submenu?.items ?? [];
        }
        if (item?.enabled !== true) throw new Error(`${given.join(' > ')} cannot be clicked`);
        item.click();
      }, labels),
    clickTray: () =>
      electron.evaluate(() => (globalThis as unknown as { driven: Driven }).driven.tray.emit('click')),
    closeWindow: () => electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close()),
    isWindowVisible: () =>
      electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((one) => one.isVisible())),
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
