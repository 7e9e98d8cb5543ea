import { expect, test, vi } from 'vitest';
import { abortable } from '../../../main/agent/async/abortable.ts';

test('the outcome of the work is that of the wait', async () => {
  const { signal } = new AbortController();
  await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(abortable(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
});

test('an abort ends the wait; what the work still gives is handed over', async () => {
  const work = Promise.withResolvers<string>();
  const controller = new AbortController();
  const late = vi.fn<(result: string) => void>();
  const waiting = abortable(work.promise, controller.signal, { late });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled', message: 'Cancelled.' });
  expect(late).not.toHaveBeenCalled();
  work.resolve('connection');
  await vi.waitFor(() => expect(late).toHaveBeenCalledExactlyOnceWith('connection'));
});

test('a reason of its own, also where the signal had aborted before', async () => {
  const reason = () => new Error('too late');
  await expect(abortable(Promise.resolve(), AbortSignal.abort(), { reason })).rejects.toThrow('too late');
});

test('work that fails after the abort is not an unhandled rejection', async () => {
  const work = Promise.withResolvers<void>();
  await expect(abortable(work.promise, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  work.reject(new Error('late'));
  await new Promise(setImmediate);
});
