import { expect, it } from 'vitest';
import { watchUnusedCredentials } from '../../../main/agent/operations/unused-credentials.ts';
import type { ReportedRefusal } from '../../../main/agent/tunnels/refusals.ts';
import { aCluster } from '../../renderer/shown.ts';
import { skippingClock } from '../skipping-clock.ts';

const { id } = aCluster('orders');

function withFakes() {
  const clock = skippingClock({ isStill: true });
  const reported: ReportedRefusal[] = [];
  const traffic = { connections: 0, sent: 100, received: 0 };
  const local = { port: 20_100, credentials: { user: 'u', password: 'p' } };
  const onAnswered = watchUnusedCredentials({
    clock,
    tunnels: { find: () => ({ traffic: () => ({ ...traffic }), localPort: () => local }) },
    onUnused: (refusal) => reported.push(refusal),
  });
  return { clock, traffic, reported, onAnswered };
}

it('reports a cluster once whose credential is asked for and not used', () => {
  const { clock, reported, onAnswered } = withFakes();
  for (let round = 0; round < 3; round += 1) {
    onAnswered(id);
    clock.skip(9_000);
    expect(reported).toHaveLength(round === 0 ? 0 : 1);
    clock.skip(2_000);
    expect(reported).toEqual([{ cluster: id, port: 20_100, reason: 'form' }]);
  }
});

it('reports nobody who connects, whether the connection is still open or not', () => {
  const short = withFakes();
  short.onAnswered(id);
  short.traffic.sent += 1;
  short.clock.skip(11_000);
  const open = withFakes();
  open.onAnswered(id);
  open.traffic.connections = 1;
  open.clock.skip(11_000);
  expect([...short.reported, ...open.reported]).toEqual([]);
});

it('reports nobody who renews the credential of an open connection', () => {
  const { clock, traffic, reported, onAnswered } = withFakes();
  traffic.connections = 1;
  onAnswered(id);
  traffic.connections = 0;
  clock.skip(11_000);
  expect(reported).toEqual([]);
});
