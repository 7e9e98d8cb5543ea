import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openWindow } from '../renderer/open-window.ts';
import { everyday, now, paymentsStaging, search } from './organisation.ts';

let started: Awaited<ReturnType<typeof openBrowser>>;
beforeAll(async () => {
  started = await openBrowser();
});
afterAll(() => started?.close());

test.for([0, 0.5, 1])(
  'in a row of 440 px the name is shortened before its tags are, with letters %f px wider',
  async (spacing, context) => {
    if (started === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
    const { shown, close } = await openWindow(started.browser, {
      snapshot: everyday,
      now,
      size: { width: 440, height: 680 },
    });
    try {
      const { page, row } = shown;
      await row(paymentsStaging.title).waitFor();
      // As with a wider font, and a scroll bar that takes room.
      await page.locator('.clusters').evaluate((list: HTMLElement, wider) => {
        list.style.letterSpacing = `${wider}px`;
        list.style.width = `${list.clientWidth - 15}px`;
      }, spacing);
      await row(search.title).hover();
      const cut = await page
        .locator('.row .badge')
        .evaluateAll((badges) =>
          badges.filter((badge) => badge.scrollWidth > badge.clientWidth).map((badge) => badge.textContent),
        );
      expect(cut).toEqual([]);
      expect(await page.locator('.row .badge.environment').count()).toBeGreaterThan(1);
    } finally {
      await close();
    }
  },
);
