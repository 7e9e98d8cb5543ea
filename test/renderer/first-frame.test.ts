import { expect, test } from 'vitest';
import { agentText } from '../../renderer/agent/text.ts';
import { aCluster } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

test('the first words are drawn in the last theme, before the page’s own script is there', async (context) => {
  const { page, titles } = await shown.open(context, { clusters: [aCluster('orders')] });
  await eventually(titles).toEqual(['orders']);
  await page.evaluate(() => localStorage.setItem('theme', 'dark'));
  const served = Promise.withResolvers<void>();
  await page.route('**/assets/start-*.js', async (route) => {
    await served.promise;
    await route.continue();
  });
  await page.reload({ waitUntil: 'commit' });
  await eventually(() => page.locator('#root').innerText()).toBe(agentText.link.opening);
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  const paints = () => page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length);
  await eventually(paints).toBe(1);
  served.resolve();
  await eventually(titles).toEqual(['orders']);
  await page.unroute('**/assets/start-*.js');
});
