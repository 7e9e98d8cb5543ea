import { expect, test } from 'vitest';
import { createSerialQueue } from '../../../main/agent/async/serial-queue.ts';

test('each piece of work begins when the one before has ended', async () => {
  const inTurn = createSerialQueue();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn(async () => {
    seen.push('first begins');
    await gate.promise;
    seen.push('first ends');
  });
  const second = inTurn(async () => seen.push('second begins'));
  await new Promise(setImmediate);
  expect(seen).toEqual(['first begins']);
  gate.resolve();
  await Promise.all([first, second]);
  expect(seen).toEqual(['first begins', 'first ends', 'second begins']);
});

test('a failure concerns only its own caller', async () => {
  const inTurn = createSerialQueue();
  const failing = inTurn(async () => {
    throw new Error('broken');
  });
  const next = inTurn(async () => 'done');
  await expect(failing).rejects.toThrow('broken');
  await expect(next).resolves.toBe('done');
});
