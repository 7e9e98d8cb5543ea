import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { secondsText } from '../../../main/agent/tunnels/api-connection.ts';
import type { Connector } from '../../../main/agent/tunnels/connector.ts';
import { dialOrigin, type Way } from '../../../main/agent/tunnels/way.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { heldClock } from '../catalog/clusters.ts';

/** A connector that does not honour its signal: it connects when `connect` is called. */
function slow() {
  const dialled = Promise.withResolvers<PassThrough>();
  const connector: Connector = {
    kind: () => 'builtin',
    prepare: async () => {},
    dial: () => dialled.promise,
  };
  const server = { target: { host: 'api.cluster.example', port: 443 } };
  return { way: { connector, server, origin: 'tcp' } as unknown as Way, ...dialled };
}

test('a connection that comes after the limit is closed, so that it does not stay open unused', async () => {
  const { way, resolve } = slow();
  const clock = heldClock();
  const dialling = dialOrigin({ way, clock, signal: new AbortController().signal, limitMs: 5_000 });
  // The limit counts in parts, so that sleep does not use it up.
  for (let part = 0; part < 4; part += 1) clock.advance(1_250);
  await expect(dialling).rejects.toMatchObject({
    code: 'timeout',
    message: 'api.cluster.example could not be reached through the tunnel within 5 s.',
    retryable: true,
  });
  const late = new PassThrough();
  resolve(late);
  await new Promise((done) => setImmediate(done));
  expect([late.destroyed, clock.timers]).toEqual([true, 0]);
});

test.each([
  [1_500, '1.5 s'],
  [8_000, '8 s'],
  [20_000, '20 s'],
])('a limit of %i ms is reported as %s', (ms, text) => {
  expect(secondsText(ms)).toBe(text);
});

test('a connection that is cancelled is not reported as too slow', async () => {
  const { way, resolve } = slow();
  const abort = new AbortController();
  const dialling = dialOrigin({ way, clock: heldClock(), signal: abort.signal });
  const cancelled = new AppError('cancelled', 'The tunnel is closed.');
  abort.abort(cancelled);
  await expect(dialling).rejects.toBe(cancelled);
  const late = new PassThrough();
  resolve(late);
  await new Promise((done) => setImmediate(done));
  expect(late.destroyed).toBe(true);
});

test('a connection in time stays, and its stage is reported', async () => {
  const { way, resolve } = slow();
  const clock = heldClock();
  const stages: string[] = [];
  const signal = new AbortController().signal;
  const dialling = dialOrigin({ way, clock, signal, passed: (stage) => stages.push(stage) });
  const stream = new PassThrough();
  resolve(stream);
  expect(await dialling).toBe(stream);
  expect([stream.destroyed, stages, clock.timers]).toEqual([false, ['origin'], 0]);
});
