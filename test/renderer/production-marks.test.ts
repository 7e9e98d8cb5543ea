import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { aCluster } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const long = (stage: string) => `payments-northern-countries-reporting-and-ledger-${stage}`;
const production = aCluster(long('prod-eu'), { environment: 'production', region: 'us-east-1' });
const staging = aCluster(long('staging-eu'), { environment: 'staging' });
const named = aCluster('batch', { owner: 'payments', environment: 'production' });
const clusters = [named, production, staging];

/** Of a name that is cut: what of its end can be read, and whether something of it is left out. */
const shownOf = (name: Locator) =>
  name.locator('.middle-ellipsis').evaluate((element) => {
    const [head, tail] = [...element.children].map((part) => {
      const words = document.createRange();
      words.selectNodeContents(part);
      // A fraction of a pixel is enough for an ellipsis.
      const isCut = words.getBoundingClientRect().width > part.getBoundingClientRect().width + 0.02;
      return { words: part.textContent, isCut };
    });
    return { whole: element.textContent, tail: tail?.words, isTailCut: tail?.isCut, isHeadCut: head?.isCut };
  });

test('a search marks production, has it last of equals, and keeps the ends of names in sight', async (context) => {
  const { page, row, titles } = await shown.open(context, { clusters });
  await page.getByRole('searchbox').fill('pay');
  await eventually(titles).toEqual([staging.title, production.title, named.title]);
  await page.getByRole('searchbox').press('Escape');
  await page.getByRole('searchbox').press('Enter');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
    `Connect ${staging.title}`,
  );
  for (const { title } of [production, named])
    await row(title).getByText('production', { exact: true }).waitFor();
  expect(await row(staging.title).getByText('production', { exact: true }).count()).toBe(0);
  expect(await shownOf(row(production.title))).toEqual({
    whole: production.title,
    tail: 'dger-prod-eu',
    isTailCut: false,
    isHeadCut: true,
  });
  // What is found is marked on both sides of the cut.
  await page.getByRole('searchbox').fill('ledger-prod');
  await eventually(() => row(production.title).locator('.row-title mark').allTextContents()).toEqual([
    ...['le', 'dger-prod'],
  ]);
});

test('so does the bar, which reads each as one name', async (context) => {
  const { page } = await shown.open(context, { clusters });
  await page.locator('.row').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('connect pay');
  const options = page.getByRole('option');
  await eventually(() => options.count()).toBeGreaterThan(2);
  const names = await options.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  expect(names.slice(0, 3)).toEqual([
    `Connect ${staging.title}, EKS · 111122223333 · eu-west-1`,
    `Connect ${production.title}, production, EKS · 111122223333 · us-east-1`,
    'Connect batch, production, EKS · 111122223333 · eu-west-1',
  ]);
  expect(await options.locator('.badge.production').count()).toBe(2);
  const second = options.nth(1);
  expect(await shownOf(second)).toEqual({
    whole: `Connect ${production.title}`,
    tail: 'dger-prod-eu',
    isTailCut: false,
    isHeadCut: true,
  });
  const badge = await second.locator('.badge.production').boundingBox();
  const panel = await page.getByRole('listbox').boundingBox();
  expect((badge?.x ?? 0) + (badge?.width ?? 0)).toBeLessThan((panel?.x ?? 0) + (panel?.width ?? 0));
});

test('the bar leaves out where a cluster is before it cuts a name', async (context) => {
  const { page } = await shown.open(context, {
    clusters: [aCluster('payments-prod-europe', { environment: 'prod' })],
  });
  await page.locator('.row').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('connect pay');
  const option = page.getByRole('option').first();
  await option.locator('.badge.production').waitFor();
  expect(await shownOf(option)).toMatchObject({ isTailCut: false, isHeadCut: false });
});
