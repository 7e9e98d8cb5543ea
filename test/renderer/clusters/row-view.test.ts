import { describe, expect, test } from 'vitest';
import type { TunnelState } from '../../../main/model/tunnel-state.ts';
import { rowView } from '../../../renderer/clusters/row-view.ts';
import { aCluster, aDenial, aTunnel, connected, originFailure } from '../shown.ts';

const now = 100_000;
const cluster = aCluster('orders');
const where = 'EKS · 111122223333 · eu-west-1';
const failure = { ...originFailure, at: 1 };
const reason = 'Origin unreachable';

const states = {
  'logging-in': { status: 'logging-in', since: 1 },
  connecting: { status: 'connecting', since: 1 },
  connected: connected(),
  degraded: { status: 'degraded', since: 1, failure: originFailure },
  reconnecting: { status: 'reconnecting', since: 1, attempt: 1, nextAt: now + 2_100, failure: originFailure },
  failed: { status: 'failed', since: 1, failure: originFailure },
  closing: { status: 'closing', since: 1 },
} as const satisfies Partial<Record<TunnelState['status'], TunnelState>>;

const of = (status: keyof typeof states) => aTunnel(cluster.id, states[status]);
const quiet = { tone: 'quiet', hasWhy: false };
const danger = { mark: 'failed', line: reason, tone: 'danger', hasWhy: true };

test.each([
  ['logging-in', { mark: 'busy', line: 'Signing in: finish in the browser', isOn: true, ...quiet }],
  ['connecting', { mark: 'busy', line: 'Connecting', isOn: true, ...quiet }],
  ['connected', { mark: 'connected', line: where, isOn: true, ...quiet }],
  [
    'degraded',
    {
      mark: 'degraded',
      line: `Degraded · ${reason}`,
      tone: 'attention',
      isOn: true,
      hasWhy: true,
      waits: true,
    },
  ],
  [
    'reconnecting',
    {
      mark: 'degraded',
      line: 'Reconnecting in 3s · Origin unreachable',
      tone: 'attention',
      isOn: true,
      hasWhy: true,
      waits: true,
    },
  ],
  ['failed', { ...danger, isOn: true }],
  ['closing', { mark: 'busy', line: 'Disconnecting', isOn: false, ...quiet }],
] as const)('a tunnel that is %s, whatever failed before', (status, view) => {
  expect(rowView({ cluster, tunnel: of(status), now })).toEqual(view);
  expect(rowView({ cluster, tunnel: of(status), failure, now })).toEqual(view);
});

test.each(Object.keys(states) as (keyof typeof states)[])(
  'a tunnel that is %s looks closed as soon as that is asked for, and the same when more is asked',
  (status) => {
    const tunnel = of(status);
    expect(rowView({ cluster, tunnel, failure, asked: 'disconnect', now })).toEqual({
      mark: 'busy',
      line: 'Disconnecting',
      isOn: false,
      ...quiet,
    });
    expect(rowView({ cluster, tunnel, asked: 'connect', now })).toEqual(rowView({ cluster, tunnel, now }));
  },
);

test('a try that is due is not counted down', () => {
  const tunnel = of('reconnecting');
  expect(rowView({ cluster, tunnel, now: now + 2_100 }).line).toBe('Reconnecting · Origin unreachable');
});

describe('without a tunnel', () => {
  test('the row says where the cluster is, and for one that was not read again since when', () => {
    expect(rowView({ cluster, now })).toEqual({ mark: 'off', line: where, isOn: false, ...quiet });
    const stale = { ...cluster, stale: true, seenAt: now - 3 * 3_600_000 };
    expect(rowView({ cluster: stale, now })).toMatchObject({
      mark: 'off',
      line: `${where} · last seen 3 hr ago`,
      tone: 'attention',
    });
  });

  test('the last failure stays until the next try', () => {
    expect(rowView({ cluster, failure, now })).toEqual({ ...danger, isOn: false });
    expect(rowView({ cluster, failure, asked: 'connect', now })).toEqual({
      mark: 'busy',
      line: 'Connecting',
      isOn: true,
      ...quiet,
    });
  });

  test('what the policy says is said quietly, unless something else is to be said', () => {
    const policy = aDenial('one.k8s.example.com');
    const denied = {
      mark: 'denied',
      line: 'Group people-ops only',
      tone: 'quiet',
      isOn: false,
      hasWhy: true,
    };
    expect(rowView({ cluster, policy, now })).toEqual(denied);
    expect(rowView({ cluster, policy, failure, now })).toEqual({ ...danger, isOn: false });
    expect(rowView({ cluster, policy, asked: 'connect', now })).toMatchObject({ mark: 'busy' });
    expect(rowView({ cluster, policy, tunnel: of('connected'), now })).toMatchObject({ mark: 'connected' });
    const admitted = { verdict: 'admitted', hostname: 'one.k8s.example.com', at: 1 } as const;
    expect(rowView({ cluster, policy: admitted, now })).toEqual(rowView({ cluster, now }));
  });

  test('a cluster that cannot have one says why', () => {
    const bare = aCluster('bare', {
      reach: { kind: 'none', reason: 'Tag k8s-tunnels-hostname is missing.' },
    });
    expect(rowView({ cluster: bare, now })).toEqual({
      mark: 'none',
      line: 'Tag k8s-tunnels-hostname is missing.',
      isOn: false,
      ...quiet,
    });
  });
});
