import { expect, test } from 'vitest';
import { withoutJitter } from '../../../main/agent/state/jitter.ts';
import type { Change, TunnelView } from '../../../main/model/agent-view.ts';
import { clusterId } from '../../../main/model/cluster.ts';
import type { TunnelState } from '../../../main/model/tunnel-state.ts';

const one = clusterId('eks', '1', 'eu', 'one');
const other = clusterId('eks', '1', 'eu', 'other');

const connected = (totalMs: number, since = 1): TunnelState => ({
  status: 'connected',
  since,
  probe: { at: Math.random(), stages: [{ stage: 'readyz', ms: totalMs }], totalMs },
});
const view = (state: TunnelState, rest: Partial<TunnelView> = {}): Change => ({
  kind: 'tunnel',
  tunnel: { cluster: one, connector: 'builtin', connections: 0, sent: 0, received: 0, state, ...rest },
});

/** Returns which of the changes a subscriber gets, by their place. */
function passedOn(changes: readonly Change[]): readonly number[] {
  let report = (_: Change) => {};
  const heard: Change[] = [];
  const subscribe = withoutJitter((listener) => {
    report = listener;
    return () => {};
  });
  subscribe((change) => heard.push(change));
  for (const change of changes) report(change);
  return heard.map((change) => changes.indexOf(change));
}

test('a latency that stays close to the known one is left out, however small or large it is', () => {
  expect(passedOn([2, 7, 1, 8].map((ms) => view(connected(ms))))).toEqual([0, 3]);
  expect(passedOn([100, 120, 80, 121, 100].map((ms) => view(connected(ms))))).toEqual([0, 3]);
});

test('a latency that drifts is passed on once it is far from the last one passed on', () => {
  expect(passedOn([100, 110, 119, 128, 137, 160].map((ms) => view(connected(ms))))).toEqual([0, 3, 5]);
});

test('traffic, connections and a port are passed on with a latency that stays the same', () => {
  const state = connected(30);
  const changes = [
    {},
    { sent: 1 },
    { sent: 1, received: 1 },
    { connections: 1 },
    { port: 20_000 },
    { port: 20_000 },
  ];
  expect(passedOn(changes.map((rest) => view(state, rest)))).toEqual([0, 1, 2, 3, 4]);
});

test('each change of a state is passed on, and what follows it', () => {
  const failure = {
    stage: 'readyz',
    error: { code: 'kube-unready', message: 'The API server answered 500.', retryable: true },
    mender: 'cluster-administrator',
  } as const;
  const degraded = view({ status: 'degraded', since: 2, failure });
  expect(passedOn([view(connected(30)), degraded, degraded, view(connected(30, 3))])).toEqual([0, 1, 1, 3]);
  expect(passedOn([view(connected(30)), view(connected(30, 2))])).toEqual([0, 1]);
});

test('tunnels and subscribers are apart, and other changes are passed on', () => {
  const state = connected(30);
  const notice: Change = { kind: 'notice', notice: { at: 1, level: 'info', message: 'm' } };
  expect(passedOn([view(state), view(state, { cluster: other }), notice, notice])).toEqual([0, 1, 2, 2]);

  const listeners: ((change: Change) => void)[] = [];
  const subscribe = withoutJitter((listener) => {
    listeners.push(listener);
    return () => listeners.splice(listeners.indexOf(listener), 1);
  });
  const heard: string[] = [];
  subscribe(() => heard.push('first'));
  listeners[0]?.(view(state));
  const stop = subscribe(() => heard.push('second'));
  listeners[1]?.(view(state));
  expect(heard).toEqual(['first', 'second']);
  stop();
  expect(listeners).toHaveLength(1);
});
