import { expect, test, vi } from 'vitest';
import { createPace } from '../../../main/agent/tunnels/pace.ts';
import { createProbeLoop } from '../../../main/agent/tunnels/probe-loop.ts';
import type { Way } from '../../../main/agent/tunnels/way.ts';
import { AppError } from '../../../main/model/app-error.ts';
import type { TunnelState } from '../../../main/model/tunnel-state.ts';
import { skippingClock } from '../skipping-clock.ts';

const connected: TunnelState = { status: 'connected', since: 1, probe: { at: 1, stages: [], totalMs: 3 } };

/** Runs the loop of a tunnel that is up, over a connector of which no connection is made. */
function start() {
  const clock = skippingClock({ isStill: true });
  const prepare = vi.fn(async () => {});
  const probed = vi.fn();
  const way = {
    connector: { kind: () => 'builtin', prepare, dial: () => Promise.reject(new Error('unused')) },
    origin: 'tcp',
    server: { target: { host: 'api.cluster.example', port: 443 } },
  } as unknown as Way;
  const loop = createProbeLoop({
    clock,
    pace: createPace(clock),
    way: () => way,
    state: () => connected,
    apply: () => {},
    dial: () => Promise.reject(new AppError('edge-failed', 'Not now.', { retryable: true })),
    standBy: async () => {},
    onProbed: probed,
  });
  const controller = new AbortController();
  const done = loop.run(controller.signal, { interactive: false, persist: true });
  const probes = (times: number) =>
    vi.waitFor(() => {
      expect(probed).toHaveBeenCalledTimes(times);
      // It waits for the next.
      expect(clock.pending()).toBe(1);
    });
  const stop = () => {
    controller.abort();
    return done;
  };
  return { clock, prepare, loop, probes, stop };
}

test('the end of a session is noticed by the first probe after five minutes, not by the one after that', async () => {
  const { clock, prepare, probes, stop } = start();
  await probes(1);
  expect(prepare).toHaveBeenCalledTimes(1);
  clock.skip(30_000);
  await probes(2);
  expect(prepare).toHaveBeenCalledTimes(1);
  clock.skip(300_000);
  await probes(3);
  expect(prepare).toHaveBeenCalledTimes(2);
  await stop();
});

test('a tunnel that is probed early, or closed, while it waits leaves no timer that wakes the computer', async () => {
  const { clock, loop, probes, stop } = start();
  await probes(1);
  loop.again();
  await probes(2);
  await stop();
  expect(clock.pending()).toBe(0);
});
