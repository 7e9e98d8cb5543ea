import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readExactly } from '../../../main/agent/tunnels/read-exactly.ts';

const events = ['readable', 'error', 'end', 'close'] as const;
const listeners = (stream: PassThrough) => events.map((event) => stream.listenerCount(event));

test('what follows stays in the stream, and nobody listens any more', async () => {
  const stream = new PassThrough();
  const before = listeners(stream);
  stream.write('ab');
  const reading = readExactly(stream, 3);
  stream.write('cde');
  expect(String(await reading)).toBe('abc');
  expect(listeners(stream)).toEqual(before);
  expect(String(stream.read())).toBe('de');
});

test.each([
  ['ends', (stream: PassThrough) => stream.end(), { code: 'origin-failed', retryable: true }],
  ['is destroyed', (stream: PassThrough) => stream.destroy(), { code: 'origin-failed', retryable: true }],
  ['breaks', (stream: PassThrough) => stream.destroy(new Error('of its own')), { message: 'of its own' }],
])('a stream that %s first is an error, and nobody listens any more', async (_, stop, error) => {
  const stream = new PassThrough();
  const before = listeners(stream);
  stream.write('ab');
  const reading = readExactly(stream, 3);
  stop(stream);
  await expect(reading).rejects.toMatchObject(error);
  expect(listeners(stream)).toEqual(before);
});
