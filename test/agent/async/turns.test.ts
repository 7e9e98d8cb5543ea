import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTurns } from '../../../main/agent/async/turns.ts';

test('so many begin at each turn of the event loop, in their order', async () => {
  const turns = createTurns(3);
  const begun: number[] = [];
  const begin = (name: number) => turns().then(() => begun.push(name));
  const all = Promise.all(Array.from({ length: 8 }, (_, name) => begin(name)));
  const counts: number[] = [];
  while (begun.length < 8) {
    await setImmediate();
    counts.push(begun.length);
  }
  await all;
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([...new Set(counts)]).toEqual(expect.arrayContaining([3, 6, 8]));
});

test('who comes later does not wait for turns that were not used', async () => {
  const turns = createTurns(2);
  await turns();
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  let begun = false;
  void turns().then(() => {
    begun = true;
  });
  await Promise.resolve();
  await Promise.resolve();
  expect(begun).toBe(true);
});
