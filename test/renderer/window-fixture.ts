import { afterEach, beforeAll, expect, type TestContext } from 'vitest';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { lastingBrowser, openWindow, type ShownWindow } from './open-window.ts';

/**
 * One browser for all tests of a process, a page and an agent for each. Where there is no browser, each is skipped. What
 * goes wrong inside the page fails the test.
 */
export function windowFixture(): {
  open(
    context: TestContext,
    snapshot?: Partial<Snapshot>,
    options?: Pick<Parameters<typeof openWindow>[1], 'now' | 'size' | 'confirm' | 'hasTouch' | 'movesClock'>,
  ): Promise<ShownWindow>;
} {
  let started: Awaited<ReturnType<typeof lastingBrowser>>;
  const endings: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    started = await lastingBrowser();
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  return {
    async open(context, snapshot = {}, options = {}) {
      if (started === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
      const { shown, wrong, close } = await openWindow(started.browser, { snapshot, ...options });
      endings.push(async () => {
        await close();
        expect(wrong).toEqual([]);
      });
      return shown;
    },
  };
}

/** What the page shows after something was done to it, as soon as it does. */
export function eventually<T>(look: () => Promise<T>) {
  return expect.poll(look, { timeout: 20_000, interval: 20 });
}
