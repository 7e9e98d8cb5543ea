import { expect, test, vi } from 'vitest';
import { createLaterRuns } from '../../../main/agent/async/later-runs.ts';

test('those who call while a run is in progress share the next one, which begins after they called', async () => {
  const share = createLaterRuns<string, number>();
  const first = Promise.withResolvers<number>();
  let runs = 0;
  const start = vi.fn(() => {
    runs += 1;
    return runs === 1 ? first.promise : Promise.resolve(runs);
  });
  const results = Promise.all([share('a', start), share('a', start), share('a', start)]);
  expect(start).toHaveBeenCalledTimes(1);
  first.resolve(1);
  expect(await results).toEqual([1, 2, 2]);
  expect(await share('a', start)).toBe(3);
});

test('a failure reaches those who share the run, and not the next one', async () => {
  const share = createLaterRuns<string, string>();
  const start = vi.fn(async () => 'well').mockRejectedValueOnce(new Error('broken'));
  expect(await Promise.allSettled([share('a', start), share('a', start)])).toMatchObject([
    { reason: { message: 'broken' } },
    { value: 'well' },
  ]);
});

test('keys do not share', async () => {
  const share = createLaterRuns<string, string>();
  expect(await Promise.all(['a', 'b'].map((key) => share(key, async () => key)))).toEqual(['a', 'b']);
});
