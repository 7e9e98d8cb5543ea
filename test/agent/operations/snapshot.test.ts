import { expect, test } from 'vitest';
import type { ClockSkew } from '../../../main/agent/network/clock-skew.ts';
import { snapshotOperation } from '../../../main/agent/operations/snapshot.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { createState } from '../../../main/agent/state/state.ts';

test('a snapshot says how far the clock is off, as long as it is', () => {
  let skew: ClockSkew | undefined;
  const snapshot = snapshotOperation({
    state: createState(silentLogger),
    catalog: { clusters: () => [], cells: () => [] },
    tunnels: { list: () => [], clientFailures: () => [] },
    apiProxies: { list: () => [], traffic: () => undefined },
    credentials: { identityOf: () => undefined },
    policies: { list: () => [] },
    notices: { list: () => [] },
    accessRequest: () => undefined,
    signIns: 'headless',
    env: {},
    clockSkew: () => skew,
    startedAt: 0,
  });
  expect(snapshot().agent).not.toHaveProperty('clock');
  skew = { aheadMs: 600_000, host: 'sts.amazonaws.com' };
  expect(snapshot().agent.clock).toEqual(skew);
  skew = undefined;
  expect(snapshot().agent).not.toHaveProperty('clock');
});
