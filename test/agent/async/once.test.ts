import { expect, test, vi } from 'vitest';
import { once } from '../../../main/agent/async/once.ts';

test('loads once, also for callers that come while it loads', async () => {
  const load = vi.fn(async () => ({}));
  const get = once(load);
  const [first, second] = await Promise.all([get(), get()]);
  expect(first).toBe(second);
  expect(await get()).toBe(first);
  expect(load).toHaveBeenCalledTimes(1);
});

test('a load that failed is tried again', async () => {
  const get = once(vi.fn(async () => 'there').mockRejectedValueOnce(new Error('away')));
  await expect(get()).rejects.toThrow('away');
  await expect(get()).resolves.toBe('there');
});
