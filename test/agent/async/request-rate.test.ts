import { expect, test } from 'vitest';
import { createPace } from '../../../main/agent/async/request-rate.ts';
import { heldClock } from '../catalog/clusters.ts';

const start = 1_000_000;

test('so many go out at once, the others when the window has moved on', async () => {
  const clock = heldClock(start);
  const pace = createPace({ clock, requests: 3, windowMs: 1000 });
  const sent: number[] = [];
  const takes = Array.from({ length: 8 }, () => pace.take().then(() => sent.push(clock.now() - start)));
  for (let step = 0; step < 30; step += 1) {
    await new Promise(setImmediate);
    clock.advance(100);
  }
  await Promise.all(takes);
  expect(sent).toEqual([0, 0, 0, 1000, 1000, 1000, 2000, 2000]);
});

test('a pause holds back all who ask after it', async () => {
  const clock = heldClock(start);
  const pace = createPace({ clock, requests: 3, windowMs: 1000 });
  await pace.take();
  pace.pause(5000);
  let sentAt = 0;
  const taken = pace.take().then(() => (sentAt = clock.now() - start));
  clock.advance(4999);
  await new Promise(setImmediate);
  expect(sentAt).toBe(0);
  clock.advance(1);
  await taken;
  expect(sentAt).toBe(5000);
});

test('who gives up while waiting is told so', async () => {
  const pace = createPace({ clock: heldClock(start), requests: 1, windowMs: 1000 });
  await pace.take();
  const abort = new AbortController();
  const waiting = pace.take(abort.signal);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('a clock that is set back makes nobody wait for longer', async () => {
  const hour = 3_600_000;
  let back = 0;
  const held = heldClock(start + 2 * hour);
  const clock = { ...held, now: () => held.now() - back };
  const pace = createPace({ clock, requests: 1, windowMs: 1000 });
  await pace.take();
  pace.pause(500);
  back = hour;
  let isSent = false;
  const taken = pace.take().then(() => {
    isSent = true;
  });
  held.advance(999);
  await new Promise(setImmediate);
  expect(isSent).toBe(false);
  held.advance(1);
  await taken;
});
