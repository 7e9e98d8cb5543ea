import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { MessageBus } from 'dbus-native';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { vi } from 'vitest';
import type { Driver } from '../e2e/driver.ts';
import { clickItem, type MenuItem, readMenu } from './dbus-menu.ts';
import { clickIcon, readStatusItem, type StatusItem, type TrayItem } from './status-notifier-watcher.ts';

export interface RealDriver extends Driver {
  readonly electron: ElectronApplication;
  /** Of its main process, which hosts the agent. */
  readonly pid: number;
  /** Its item in the tray. Rejects when there is none. */
  statusItem(): Promise<StatusItem>;
  /** Starts the app once more beside it, and resolves with its exit code. */
  startAgain(...args: readonly string[]): Promise<number | null>;
}

/** Starts the app in a real Electron. Its tray is looked at, and clicked, from the session's bus. */
export async function startReal(options: {
  readonly executable: string;
  /** The app's folder, or empty where the executable starts its own. */
  readonly app: string;
  /** Chromium's own. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly bus: MessageBus;
  /** The items in the tray. */
  readonly items: () => readonly TrayItem[];
}): Promise<RealDriver> {
  const { executable, app, env, bus, items } = options;
  const args = [...options.flags, `--user-data-dir=${path.join(env.HOME ?? '', '.electron')}`];
  if (app !== '') args.push(app);
  // Playwright's own limit is longer than a test's: an app that it could not attach to would outlive the test.
  const electron: ElectronApplication = await _electron.launch({
    executablePath: executable,
    args,
    env,
    timeout: 30_000,
  });
  const child = electron.process();
  const ended = once(child, 'exit').then(() => {});
  const { pid = 0 } = child;
  const address = (): TrayItem => {
    const item = items().find((one) => one.pid === pid);
    if (item === undefined) throw new Error('there is no item in the tray');
    return item;
  };
  const statusItem = async () => await readStatusItem(bus, address());
  const menu = async () => await readMenu(bus, (await statusItem()).menu);
  let page: Promise<Page> | undefined;
  return {
    electron,
    pid,
    statusItem,
    page: () => {
      page ??= electron.firstWindow();
      return page;
    },
    menu,
    // A menu that changes meanwhile has the item under another id.
    click: (...labels) =>
      vi.waitFor(async () => {
        const at = (await statusItem()).menu;
        let within = await readMenu(bus, at);
        let item: MenuItem | undefined;
        for (const label of labels) {
          item = within.find((one) => one.label.startsWith(label));
          if (item === undefined) throw new Error(`there is no item ${label}`);
          within = item.items;
        }
        if (item?.enabled !== true) throw new Error(`${labels.join(' > ')} cannot be clicked`);
        await clickItem(bus, at, item.id);
      }),
    clickTray: () => clickIcon(bus, address()),
    closeWindow: () => electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close()),
    isWindowVisible: () =>
      electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((one) => one.isVisible())),
    async startAgain(...more) {
      const second = spawn(executable, [...args, ...more], { env, stdio: 'ignore' });
      const [code] = (await once(second, 'close')) as [number | null];
      return code;
    },
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
