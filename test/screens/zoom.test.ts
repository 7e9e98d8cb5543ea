import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, openWindow } from '../renderer/open-window.ts';
import { now } from './organisation.ts';
import { scenes } from './scenes.ts';

/** What a window of the usual size has for its page when that is enlarged to 200 %. */
const size = { width: 220, height: 340 };

let started: Awaited<ReturnType<typeof openBrowser>>;
beforeAll(async () => {
  started = await openBrowser();
});
afterAll(() => started?.close());

describe('at 200 % nothing lies beyond the edge, where nobody could reach it', () => {
  for (const [name, scene] of Object.entries(scenes)) {
    test(name, async (context) => {
      if (started === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
      const { shown, close } = await openWindow(started.browser, { snapshot: scene.snapshot, now, size });
      try {
        const { page } = shown;
        await scene.arrange?.(shown);
        const beyond = await page.evaluate(() => {
          const controls = document.querySelectorAll(
            'button, a, input, select, [role="option"], [role^="menuitem"]',
          );
          return [...controls]
            .filter((control) => control.checkVisibility())
            .map((control) => ({ control, ...control.getBoundingClientRect().toJSON() }))
            .filter(({ left, right, width }) => width > 1 && (left < -1 || right > innerWidth + 1))
            .map(({ control }) => control.getAttribute('aria-label') ?? control.textContent);
        });
        expect(beyond).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
          size.width,
        );
      } finally {
        await close();
      }
    });
  }
});
