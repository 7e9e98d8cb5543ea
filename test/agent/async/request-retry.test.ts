import { expect, test, vi } from 'vitest';
import { retryRequest } from '../../../main/agent/async/request-retry.ts';
import { AppError } from '../../../main/model/app-error.ts';

function rig(answers: readonly (number | Error)[]) {
  const left = [...answers];
  const pauses: number[] = [];
  const send = vi.fn(async () => {
    const next = left.shift() ?? 200;
    if (next instanceof Error) throw next;
    return { status: next };
  });
  const clock = { sleep: async (ms: number) => void pauses.push(ms) };
  const options = { clock, send, passing: new Set([429, 503]), signal: undefined };
  return { pauses, send, options };
}
const unreachable = () => new AppError('network-unreachable', 'away');

test('repeats what passes with pauses that double and vary, four times at most', async () => {
  const { pauses, send, options } = rig([503, 429, 503, 503, 200]);
  expect(await retryRequest({ ...options, pauseMs: (_, normal) => normal })).toEqual({ status: 503 });
  expect(send).toHaveBeenCalledTimes(4);
  expect(pauses).toHaveLength(3);
  for (const [index, ms] of pauses.entries()) {
    const whole = 400 * 2 ** index;
    expect(ms).toBeGreaterThanOrEqual(whole / 2);
    expect(ms).toBeLessThan(whole);
  }
});

test('an answer that does not pass is the last, and so is one not worth the wait', async () => {
  const refused = rig([403]);
  expect(await retryRequest({ ...refused.options, pauseMs: () => 1 })).toEqual({ status: 403 });
  const long = rig([429, 200]);
  expect(await retryRequest({ ...long.options, pauseMs: () => undefined })).toEqual({ status: 429 });
  expect(long.send).toHaveBeenCalledTimes(1);
});

test('a connection that could not be opened is tried once more, at once', async () => {
  const { pauses, options } = rig([unreachable(), 200]);
  expect(await retryRequest({ ...options, pauseMs: () => 1 })).toEqual({ status: 200 });
  expect(pauses).toEqual([]);
  const twice = rig([unreachable(), unreachable(), 200]);
  await expect(retryRequest({ ...twice.options, pauseMs: () => 1 })).rejects.toMatchObject({
    code: 'network-unreachable',
  });
});
