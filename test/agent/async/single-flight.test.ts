import { expect, test, vi } from 'vitest';
import { createSingleFlight, singleFlight } from '../../../main/agent/async/single-flight.ts';

test('callers at the same time share one run, a later one starts another', async () => {
  const flight = createSingleFlight<string, number>();
  const first = Promise.withResolvers<number>();
  const start = vi.fn(() => first.promise);
  const shared = [flight.share('a', start), flight.share('a', start)];
  expect(flight.has('a')).toBe(true);
  first.resolve(1);
  expect(await Promise.all(shared)).toEqual([1, 1]);
  expect(start).toHaveBeenCalledTimes(1);
  await vi.waitFor(() => expect(flight.has('a')).toBe(false));
  expect(await flight.share('a', async () => 2)).toBe(2);
});

test('keys do not share', async () => {
  const flight = createSingleFlight<string, string>();
  const both = ['a', 'b'].map((key) => flight.share(key, async () => key));
  expect(await Promise.all(both)).toEqual(['a', 'b']);
});

test('a failure reaches all who wait, and the next call starts again', async () => {
  const start = vi.fn(async () => 'well').mockRejectedValueOnce(new Error('broken'));
  const run = singleFlight(start);
  expect(await Promise.allSettled([run(), run()])).toMatchObject([
    { reason: { message: 'broken' } },
    { reason: { message: 'broken' } },
  ]);
  await expect(run()).resolves.toBe('well');
  expect(start).toHaveBeenCalledTimes(2);
});
