import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPace } from '../../../../main/agent/async/request-rate.ts';
import { portalRate } from '../../../../main/agent/providers/aws/request-handler.ts';
import { TokenBucket } from '../../../world/aws/portal.ts';
import { heldClock } from '../../catalog/clusters.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
});
afterEach(() => void vi.useRealTimers());

/** Resolves with the moments at which so many requests are sent, ms. */
async function sendingTimes(count: number): Promise<readonly number[]> {
  const clock = heldClock(0);
  const pace = createPace({ clock, ...portalRate });
  const sent: number[] = [];
  const takes = Array.from({ length: count }, () => pace.take().then(() => sent.push(clock.now())));
  while (sent.length < count) {
    await new Promise(setImmediate);
    clock.advance(10);
  }
  await Promise.all(takes);
  return sent;
}

test.each([
  ['at once', () => 0],
  ['with the first of them half a second late', (at: number) => (at < 1_000 ? 450 : 0)],
  ['with every other burst half a second late', (at: number) => (Math.floor(at / 550) % 2 === 0 ? 450 : 0)],
])('no request is refused, arriving %s', async (_, lateness) => {
  const sent = await sendingTimes(120);
  // 18 a second: hardly less than the portal's 20.
  expect(sent.at(-1)).toBeLessThan(7_000);
  const bucket = new TokenBucket(() => 20);
  const arrivals = sent.map((at) => at + lateness(at)).toSorted((one, other) => one - other);
  const refused = arrivals.filter((at) => {
    vi.setSystemTime(at);
    return !bucket.take();
  });
  expect(refused).toEqual([]);
});
