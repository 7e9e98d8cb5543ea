import path from 'node:path';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, type TestContext } from 'vitest';
import type { Snapshot } from '../../main/agent/agent-view.ts';
import { startWebServer } from '../../main/api/web/server.ts';
import { type Chromium, findChromium, startChromium } from '../e2e/chromium.ts';
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
  banner(words: string): Locator;
  clipboard(): Promise<string>;
}

/** One browser for all tests of a file, a page and an agent for each. Where there is no browser, each is skipped. */
export function windowFixture(): {
  open(context: TestContext, snapshot?: Partial<Snapshot>): Promise<ShownWindow>;
} {
  let started: Chromium | undefined;
  let browser: Awaited<ReturnType<typeof chromium.connectOverCDP>> | undefined;
  const endings: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const executable = await findChromium();
    if (executable === undefined) return;
    started = await startChromium(executable);
    browser = await chromium.connectOverCDP(started.endpoint);
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });
  afterAll(() => started?.close());

  return {
    async open(context, snapshot = {}) {
      if (browser === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
      const agent = createScriptedAgent(aSnapshot(snapshot));
      const server = await startWebServer({ folder, openChannel: agent.openChannel });
      endings.push(() => server.close());
      const session = await browser.newContext({ viewport: { width: 440, height: 680 } });
      endings.push(() => session.close());
      const page = await openPage(session, `http://127.0.0.1:${server.port}`);
      await page.goto(server.issueAddress());
      const switchOf = (title: string) => page.getByRole('switch', { name: `Connect ${title}`, exact: true });
      return {
        agent,
        page,
        titles: () => page.locator('.row-title').allTextContents(),
        row: (title) =>
          page.getByRole('listitem').filter({ has: page.getByRole('button', { name: title, exact: true }) }),
        switchOf,
        focused: () =>
          page.evaluate(() => {
            const { activeElement: element } = document;
            return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
          }),
        banner: (words) => page.locator('.banner').filter({ hasText: words }),
        clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
      };
    },
  };

  /** What goes wrong inside the page fails the test: an error that nobody caught, or a rule of its own policy. */
  async function openPage(session: BrowserContext, origin: string): Promise<Page> {
    await session.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    const page = await session.newPage();
    page.setDefaultTimeout(10_000);
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text());
    });
    endings.push(async () => expect(wrong).toEqual([]));
    return page;
  }
}

/** What the page shows after something was done to it, as soon as it does. */
export function eventually<T>(look: () => Promise<T>) {
  return expect.poll(look, { timeout: 10_000, interval: 20 });
}
