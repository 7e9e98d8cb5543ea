import { expect, test } from 'vitest';
import { aCluster } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const noon = Date.UTC(2026, 0, 1, 12);
const minutes = (count: number) => count * 60_000;

test('ages change each minute, and every five in a window that nobody works in', async (context) => {
  const { agent, page } = await shown.open(
    context,
    { clusters: [aCluster('orders')], discovery: { status: 'idle', finishedAt: noon } },
    { movesClock: true },
  );
  const age = () => page.getByRole('region', { name: 'Discovery status' }).textContent();
  const comes = (event: 'focus' | 'pointerenter') =>
    page.evaluate((event) => {
      const target = event === 'focus' ? window : document.documentElement;
      target.dispatchEvent(new Event(event));
    }, event);
  const hasFocus = (is: boolean) =>
    page.evaluate((is) => {
      document.hasFocus = () => is;
    }, is);
  const expectAt = async (at: number, words: string) => {
    const now = await page.evaluate(() => Date.now());
    await page.clock.runFor(Math.max(0, noon + at - now));
    await eventually(age).toBe(`1 cluster · updated ${words}`);
  };

  await page.clock.install({ time: noon + 10_000 });
  await comes('focus');
  await expectAt(minutes(0.5), 'now');
  await expectAt(minutes(1.2), '1 min ago');
  await hasFocus(false);
  await expectAt(minutes(2.2), '2 min ago');
  await expectAt(minutes(4.9), '2 min ago');
  await expectAt(minutes(5.1), '5 min ago');
  await expectAt(minutes(9.2), '5 min ago');
  agent.tell({ kind: 'set', values: { discovery: { status: 'idle', finishedAt: noon - minutes(1) } } });
  await expectAt(minutes(9.4), '10 min ago');
  agent.tell({ kind: 'set', values: { discovery: { status: 'idle', finishedAt: noon } } });
  await expectAt(minutes(9.6), '9 min ago');
  await expectAt(minutes(9.8), '9 min ago');
  await expectAt(minutes(10.1), '10 min ago');
  await expectAt(minutes(12.1), '10 min ago');
  await comes('pointerenter');
  await expectAt(minutes(12.2), '12 min ago');
  await hasFocus(true);
  await expectAt(minutes(14.1), '12 min ago');
  await comes('focus');
  await expectAt(minutes(14.2), '14 min ago');
  await expectAt(minutes(15.1), '15 min ago');
  expect(await page.locator('.row').count()).toBe(1);
});
