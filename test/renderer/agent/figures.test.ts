import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Change, TunnelView } from '../../../main/model/agent-view.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';
import { createFigures } from '../../../renderer/agent/figures.ts';
import { aCluster, aTunnel, connected, originFailure } from '../shown.ts';

const orders = aCluster('orders');
const payments = aCluster('payments');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const shown = new Map<ClusterId, TunnelView>();
  const drawn: Change[][] = [];
  const onChange = createFigures({
    apply(changes) {
      drawn.push([...changes]);
      for (const change of changes)
        if (change.kind === 'tunnel') shown.set(change.tunnel.cluster, change.tunnel);
    },
    state: () => ({ tunnels: shown }),
  });
  return { drawn, onChange };
}

const up = (cluster: ClusterId): Change => ({ kind: 'tunnel', tunnel: aTunnel(cluster, connected()) });
const failed = (cluster: ClusterId): Change => ({
  kind: 'tunnel',
  tunnel: aTunnel(cluster, { status: 'failed', since: 1, failure: originFailure }),
});

test('the latencies of connected tunnels are drawn together', () => {
  const { drawn, onChange } = setUp();
  for (const { id } of [orders, payments]) onChange(up(id));
  drawn.length = 0;
  for (let round = 0; round < 5; round += 1) for (const { id } of [orders, payments]) onChange(up(id));
  expect(drawn).toEqual([]);
  vi.runAllTimers();
  expect(drawn).toEqual([Array.from({ length: 5 }, () => [up(orders.id), up(payments.id)]).flat()]);
});

test('a state is drawn at once, after the figures before it', () => {
  const { drawn, onChange } = setUp();
  for (const { id } of [orders, payments]) onChange(up(id));
  expect(drawn).toEqual([[up(orders.id)], [up(payments.id)]]);
  drawn.length = 0;
  onChange(up(orders.id));
  onChange(failed(payments.id));
  expect(drawn).toEqual([[up(orders.id), failed(payments.id)]]);
  onChange(up(payments.id));
  onChange({ kind: 'set', values: { favourites: [orders.id] } });
  expect(drawn).toHaveLength(3);
  expect(vi.getTimerCount()).toBe(0);
});
