import { describe, expect, test } from 'vitest';
import { resumeOffer } from '../../main/model/resume-offer.ts';
import type { TunnelState } from '../../main/model/tunnel-state.ts';
import { aCluster, aTunnel, connected, originFailure } from '../renderer/shown.ts';

const hour = 60 * 60_000;
const [a, b, c] = ['a', 'b', 'c'].map((title) => aCluster(title).id) as [never, never, never];
const now = 100 * 24 * hour;
const evening = now - 14 * hour;
const needsLogin: TunnelState = {
  status: 'failed',
  since: now - hour,
  failure: {
    ...originFailure,
    error: { code: 'access-login-needed', message: 'Sign in.', retryable: false },
  },
} as never;

const offer = (
  recent: readonly { readonly cluster: never; readonly at: number }[],
  {
    startedAt = now - 60_000,
    tunnels = [],
  }: { startedAt?: number; tunnels?: readonly (readonly [never, TunnelState])[] } = {},
) =>
  resumeOffer(
    {
      recent: [...recent],
      tunnels: tunnels.map(([cluster, state]) => aTunnel(cluster, state)),
      agent: { startedAt },
    },
    now,
  );

describe('what was connected before', () => {
  test('is offered after a start of the agent, with what was closed within the same hour', () => {
    const recent = [
      { cluster: a, at: evening },
      { cluster: b, at: evening - hour / 2 },
      { cluster: c, at: evening - 2 * hour },
    ];
    expect(offer(recent)).toEqual({ clusters: [b, a], at: evening });
  });

  test('is offered by the same agent once some hours have passed, not while the user has just closed it', () => {
    expect(offer([{ cluster: a, at: now - hour }], { startedAt: 1 })).toBeUndefined();
    expect(offer([{ cluster: a, at: evening }], { startedAt: 1 })).toEqual({ clusters: [a], at: evening });
  });

  test('is offered at once where its session has ended, with what was closed', () => {
    const recent = [
      { cluster: a, at: now - 20 * hour },
      { cluster: b, at: now - 60_000 },
    ];
    const tunnels = [[a, needsLogin]] as const;
    expect(offer(recent, { startedAt: 1, tunnels })).toEqual({ clusters: [a], at: now - 20 * hour });
  });

  test('is not offered while it is connected, is on its way, or failed for another reason', () => {
    const recent = [{ cluster: a, at: evening }];
    const failed: TunnelState = { status: 'failed', since: 1, failure: originFailure } as never;
    for (const state of [connected(), { status: 'connecting', since: 1 } as const, failed])
      expect(offer(recent, { tunnels: [[a, state]] })).toBeUndefined();
  });

  test('is not offered for ever, and is nothing where nothing was connected', () => {
    expect(offer([{ cluster: a, at: now - 15 * 24 * hour }])).toBeUndefined();
    expect(offer([])).toBeUndefined();
  });
});
