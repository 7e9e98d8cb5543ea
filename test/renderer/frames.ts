import type { Page } from 'playwright-core';

/** Resolves once a page has been drawn `count` times: what it does in its next frames is done. */
export function drawn(page: Page, count: number): Promise<void> {
  return page.evaluate(async (count) => {
    for (let frame = 0; frame < count; frame++) await new Promise(requestAnimationFrame);
  }, count);
}
