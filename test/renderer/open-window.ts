import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { type Confirm, guardedChannel } from '../../main/api/web/guard.ts';
import { startWebServer, type WebServer } from '../../main/api/web/server.ts';
import type { OpenPageChannel } from '../../main/api/web/socket.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { findChromium, startChromium } from '../e2e/chromium.ts';
import { createScriptedAgent, type ScriptedAgent } from './scripted-agent.ts';
import { aSnapshot } from './shown.ts';

const folder = path.resolve(import.meta.dirname, '..', '..', 'out', 'renderer');

/** The built window in a real browser, as `k8s-tunnels serve` shows it, with an agent that does what the test says. */
export interface ShownWindow {
  readonly agent: ScriptedAgent;
  readonly page: Page;
  /** The names of the rows, from above. */
  titles(): Promise<string[]>;
  row(title: string): Locator;
  switchOf(title: string): Locator;
  /** The label, or the words, of what has the focus. */
  focused(): Promise<string>;
  /** Of a notice, in the panel that `openNotices` opens. */
  banner(words: string): Locator;
  /** Once there is a notice. */
  openNotices(): Promise<void>;
  clipboard(): Promise<string>;
}

interface OpenBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
  /** At once, for a process that ends. */
  end(): void;
}

/** A browser for many windows; undefined where there is none. */
export async function openBrowser(): Promise<OpenBrowser | undefined> {
  const executable = await findChromium();
  if (executable === undefined) return undefined;
  const started = await startChromium(executable, ['--process-per-site']);
  return {
    browser: await chromium.connectOverCDP(started.endpoint),
    async close() {
      await Promise.all(idle.splice(0).map(({ server }) => server.close()));
      await started.close();
    },
    end: started.end,
  };
}

interface Served {
  readonly server: WebServer;
  /** Leads to the agent of the window that has the server. */
  openChannel: OpenPageChannel;
}

const idle: Served[] = [];

/**
 * Returns a server that no other window has until `idle` has it again. A browser does not compile the script of an
 * address again that it has compiled before, and each server has addresses of its own.
 */
async function takeServer(openChannel: OpenPageChannel): Promise<Served> {
  const known = idle.pop();
  if (known !== undefined) {
    known.openChannel = openChannel;
    return known;
  }
  const server = await startWebServer({
    folder,
    openChannel: (listeners) => served.openChannel(listeners),
  });
  const served: Served = { server, openChannel };
  return served;
}

let lasting: Promise<OpenBrowser | undefined> | undefined;

/** The one browser of all files that run in this process, and that ends with it. */
export function lastingBrowser(): Promise<OpenBrowser | undefined> {
  lasting ??= openBrowser().then((started) => {
    process.once('exit', () => started?.end());
    // How Vitest ends a worker: without a listener, nothing runs at its exit.
    process.once('SIGTERM', () => process.exit());
    return started;
  });
  return lasting;
}

type Now = number | undefined;

const sessions = new WeakMap<Browser, Map<Now, Promise<BrowserContext>>>();

/**
 * The session of a browser for the windows of one moment that ask for nothing else that is special. Their pages share a
 * process: to start one for each window, and to compile the page's script in it, takes a quarter of the CPU of a short
 * test.
 */
function commonSession(browser: Browser, now: Now): Promise<BrowserContext> {
  const all = sessions.get(browser) ?? new Map<Now, Promise<BrowserContext>>();
  sessions.set(browser, all);
  const known = all.get(now) ?? openSession(browser, now);
  all.set(now, known);
  return known;
}

async function openSession(browser: Browser, now: Now): Promise<BrowserContext> {
  // A moment that is always the same looks the same everywhere.
  const session = await browser.newContext(now === undefined ? {} : { timezoneId: 'UTC', locale: 'en-US' });
  if (now !== undefined) await session.clock.setFixedTime(now);
  // A page of the same host, which keeps the process while no window is open.
  const server = http.createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await (await session.newPage()).goto(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
  server.closeAllConnections();
  server.close();
  return session;
}

/** `wrong` holds what went wrong inside the page: errors that nobody caught, rules of its own policy. */
export async function openWindow(
  browser: Browser,
  options: {
    readonly snapshot: Partial<Snapshot>;
    /** In place of the real time, which then stands still. ms since the epoch. Without `hasTouch` and `movesClock`. */
    readonly now?: number | undefined;
    readonly size?: { readonly width: number; readonly height: number } | undefined;
    readonly hasTouch?: boolean | undefined;
    /** Whether the test moves `page.clock`, which is that of a whole session. */
    readonly movesClock?: boolean | undefined;
    /** What the user answers in the terminal that serves the window. Left out: the page is not guarded. */
    readonly confirm?: Confirm | undefined;
  },
): Promise<{ readonly shown: ShownWindow; readonly wrong: readonly string[]; close(): Promise<void> }> {
  const {
    snapshot,
    now,
    size = { width: 440, height: 680 },
    hasTouch = false,
    movesClock = false,
    confirm,
  } = options;
  const agent = createScriptedAgent(aSnapshot(snapshot));
  const served = await takeServer(
    confirm === undefined ? agent.openChannel : guardedChannel(agent.openChannel, confirm),
  );
  const { server } = served;
  const isCommon = !hasTouch && !movesClock;
  const session = isCommon
    ? await commonSession(browser, now)
    : await browser.newContext({ viewport: size, hasTouch });
  let opened: Page | undefined;
  const close = async () => {
    if (!isCommon) {
      await session.close();
      idle.push(served);
      return;
    }
    // The next window gets the same address. A page that is lost cannot be cleared.
    const isClear = await opened
      ?.evaluate(() => localStorage.clear())
      .then(
        () => true,
        () => false,
      );
    await opened?.close();
    await session.clearCookies();
    if (isClear === true) idle.push(served);
    else await server.close();
  };
  try {
    const wrong: string[] = [];
    const page = await openPage(session, `http://127.0.0.1:${server.port}`, wrong);
    opened = page;
    if (isCommon) {
      await page.setViewportSize(size);
      // It would be moved for every window that comes after.
      Object.defineProperty(page, 'clock', {
        get() {
          throw new Error('open the window with `movesClock: true`');
        },
      });
    }
    await page.goto(server.issueAddress());
    const shown: ShownWindow = {
      agent,
      page,
      titles: () => page.locator('.row-title').allTextContents(),
      row: (title) =>
        page.getByRole('listitem').filter({ has: page.getByRole('button', { name: title, exact: true }) }),
      switchOf: (title) => page.getByRole('switch', { name: `Connect ${title}`, exact: true }),
      focused: () =>
        page.evaluate(() => {
          const { activeElement: element } = document;
          return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
        }),
      banner: (words) => page.locator('.banner').filter({ hasText: words }),
      openNotices: () => page.locator('.notice-opener[aria-expanded="false"]').click(),
      clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
    };
    return { shown, wrong, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openPage(session: BrowserContext, origin: string, wrong: string[]): Promise<Page> {
  await session.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const page = await session.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(message.text());
  });
  return page;
}
