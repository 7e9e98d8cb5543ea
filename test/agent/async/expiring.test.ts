import { expect, test, vi } from 'vitest';
import { createExpiring } from '../../../main/agent/async/expiring.ts';
import { heldClock } from '../catalog/clusters.ts';

function rig() {
  const clock = heldClock();
  const results = createExpiring<string, number>(clock);
  let made = 0;
  const make = vi.fn(async (_: AbortSignal) => (made += 1));
  const lifeMs = () => 1_000;
  return { clock, results, make, get: (from?: unknown) => results.get('key', { make, lifeMs, from }) };
}

test('a result is held for its time, and counts no more after it', async () => {
  const { clock, get } = rig();
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  clock.advance(999);
  expect(await get()).toBe(1);
  clock.advance(1);
  expect(await get()).toBe(2);
});

test('a clock that was set back does not hold it for longer', async () => {
  const { clock, get } = rig();
  await get();
  clock.advance(-1_000);
  expect(await get()).toBe(2);
});

test('what it was made from decides, too', async () => {
  const { get } = rig();
  expect(await get('anna')).toBe(1);
  expect(await get('anna')).toBe(1);
  expect(await get('ben')).toBe(2);
});

test('a result of no duration is shared by those who ask meanwhile, not held', async () => {
  const { results, make } = rig();
  const get = () => results.get('key', { make, lifeMs: () => 0 });
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  expect(await get()).toBe(2);
});

test('a failure is not held, a deleted result neither', async () => {
  const { results, make, get } = rig();
  make.mockRejectedValueOnce(new Error('away'));
  await expect(get()).rejects.toThrow('away');
  expect(await get()).toBe(1);
  results.delete('key');
  expect(await get()).toBe(2);
  results.clear();
  expect(await get()).toBe(3);
});

test('work is abandoned when all who wait for it have gone, no earlier', async () => {
  const { results, make } = rig();
  const never = Promise.withResolvers<number>();
  make.mockReturnValue(never.promise);
  const callers = [new AbortController(), new AbortController()];
  const waits = callers.map(({ signal }) => results.get('key', { make, lifeMs: () => 1, signal }));
  const abandoned = make.mock.calls[0]?.[0];
  callers[0]?.abort();
  await expect(waits[0]).rejects.toMatchObject({ code: 'cancelled' });
  expect(abandoned?.aborted).toBe(false);
  callers[1]?.abort();
  await expect(waits[1]).rejects.toMatchObject({ code: 'cancelled' });
  expect(abandoned?.aborted).toBe(true);
  make.mockResolvedValue(7);
  expect(await results.get('key', { make, lifeMs: () => 1 })).toBe(7);
});

test('a caller that had gone before does not drop what is held', async () => {
  const { results, make, get } = rig();
  await get();
  await new Promise(setImmediate);
  const gone = results.get('key', { make, lifeMs: () => 1, signal: AbortSignal.abort() });
  await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
  expect(await get()).toBe(1);
});
