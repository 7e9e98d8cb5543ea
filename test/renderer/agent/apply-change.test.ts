import { describe, expect, test } from 'vitest';
import { applyChange as applyToState, snapshotOf, stateOf } from '../../../main/model/agent-state.ts';
import type { Change, Snapshot } from '../../../main/model/agent-view.ts';
import type { Policy } from '../../../main/model/policy.ts';
import type { TunnelState } from '../../../main/model/tunnel-state.ts';
import { applyChange, fromSnapshot, withFailure } from '../../../renderer/agent/apply-change.ts';
import {
  aCell,
  aCluster,
  aDenial,
  aRelease,
  aSnapshot,
  aTunnel,
  connected,
  originFailure,
  someActivity,
} from '../shown.ts';

const one = aCluster('one');
const two = aCluster('two');
const start = fromSnapshot(
  aSnapshot({
    clusters: [one, two],
    cells: [aCell('eu-west-1')],
    tunnels: [aTunnel(two.id, connected())],
  }),
);
const tunnel = (state: TunnelState): Change => ({ kind: 'tunnel', tunnel: aTunnel(one.id, state) });
const failed = tunnel({ status: 'failed', since: 7, failure: originFailure });
/** As the tray does. */
const applyToSnapshot = (snapshot: Snapshot, change: Change) =>
  snapshotOf(applyToState(stateOf(snapshot), change));
const changedBy = (...changes: readonly Change[]) => changes.reduce(applyChange, start);

test('a snapshot is indexed', () => {
  expect([...start.clusters.keys()]).toEqual([one.id, two.id]);
  expect([...start.open]).toEqual([two.id]);
  expect(start.tunnels.get(two.id)).toEqual(aTunnel(two.id, connected()));
  expect(start.failures.size).toBe(0);
});

test('what happens is kept, the newest first, and no more than the agent keeps; the snapshot holds none of it', () => {
  const entries = someActivity(one);
  const changes = entries.toReversed().map((entry): Change => ({ kind: 'activity', entry }));
  expect(changedBy(...changes).happened).toEqual(entries);
  const many = Array.from({ length: 50 }, () => changes).flat();
  expect(changedBy(...many).happened).toHaveLength(500);
  const state = stateOf(aSnapshot());
  expect(changes.reduce(applyToState, state)).toBe(state);
});

test('a tunnel that failed before the page came is a known failure', () => {
  const tunnels = [aTunnel(one.id, { status: 'failed', since: 7, failure: originFailure })];
  const state = fromSnapshot(aSnapshot({ clusters: [one], tunnels }));
  expect(state.failures.get(one.id)).toEqual({ ...originFailure, at: 7 });
});

test('what shows the state of tunnels is not drawn for a latency, but for every state', () => {
  const slower: Change = { kind: 'tunnel', tunnel: { ...aTunnel(two.id, connected()), received: 9 } };
  const next = changedBy(slower);
  expect(next.tunnels.get(two.id)?.received).toBe(9);
  expect(next.steady).toBe(start.steady);
  const after = applyChange(next, failed);
  expect(after.steady.get(one.id)?.state.status).toBe('failed');
  expect(applyChange(after, tunnel({ status: 'idle' })).steady.get(one.id)?.state.status).not.toBe('failed');
});

describe('a change', () => {
  test('of one cluster leaves every other object as it is', () => {
    const renamed = { ...one, title: 'uno' };
    const next = changedBy({
      kind: 'catalog',
      upserted: [renamed],
      removed: [],
      cells: [],
      removedCells: [],
    });
    expect(next.clusters.get(one.id)).toBe(renamed);
    expect(next.clusters.get(two.id)).toBe(two);
    expect({ ...next, clusters: start.clusters }).toEqual(start);
    for (const key of ['cells', 'tunnels', 'open', 'failures', 'favourites', 'settings', 'kubectl'] as const)
      expect(next[key]).toBe(start[key]);
  });

  test('of one tunnel leaves every other object as it is', () => {
    const next = changedBy(tunnel({ status: 'connecting', since: 1 }));
    expect(next.tunnels.get(two.id)).toBe(start.tunnels.get(two.id));
    for (const key of ['clusters', 'cells', 'failures', 'favourites', 'settings', 'kubectl'] as const)
      expect(next[key]).toBe(start[key]);
  });

  test('that removes takes the cluster and the place away', () => {
    const [cell] = start.cells.keys();
    const next = changedBy({
      kind: 'catalog',
      upserted: [],
      removed: [one.id],
      cells: [],
      removedCells: [cell ?? ''],
    });
    expect([...next.clusters.keys()]).toEqual([two.id]);
    expect(next.cells.size).toBe(0);
    expect(next.clusters.get(two.id)).toBe(two);
  });

  test.each([
    {
      kind: 'set',
      values: { discovery: { status: 'running', since: 1, cellsRead: 1, cellsKnown: 2, clusters: 3 } },
    },
    {
      kind: 'set',
      values: { logins: [{ kind: 'access', title: 'a.cloudflareaccess.com', url: 'https://a', since: 1 }] },
    },
    { kind: 'set', values: { sessions: [{ authDomain: 'a.cloudflareaccess.com', endsAt: 5 }] } },
    { kind: 'set', values: { kubectl: { context: 'one', cluster: one.id } } },
    { kind: 'set', values: { favourites: [two.id] } },
    { kind: 'set', values: { sets: [{ name: 'both', clusters: [one.id, two.id] }] } },
    { kind: 'set', values: { kept: [two.id] } },
    {
      kind: 'set',
      values: {
        settings: { ...start.settings, kubeconfigMode: 'add' },
        settingsFrom: { ...start.settingsFrom, kubeconfigMode: 'user' },
      },
    },
  ] as const satisfies readonly Change[])('of $values replaces just that', (change) => {
    expect(changedBy(change as Change)).toEqual({ ...start, ...change.values });
    expect(changedBy(change as Change)).not.toHaveProperty('kind');
    expect(changedBy(change as Change)).not.toHaveProperty('values');
    expect(changedBy(change as Change).clusters).toBe(start.clusters);
  });

  test('of the policies replaces what it names; who is denied stays the same object while it is the same', () => {
    const tell = (known: Policy[], forgotten: string[] = []) =>
      ({ kind: 'policies', known, forgotten }) as const satisfies Change;
    const [a, b] = [aDenial('a'), aDenial('b')];
    const denied = changedBy(tell([a, b]));
    expect([...denied.policies.values()]).toEqual([a, b]);
    expect([...denied.denied]).toEqual(['a', 'b']);
    expect(denied).not.toHaveProperty('known');

    const more = applyChange(
      denied,
      tell([
        { ...a, message: 'No' },
        { verdict: 'admitted', hostname: 'c', at: 1 },
      ]),
    );
    expect(more.denied).toBe(denied.denied);
    expect(more.policies.get('a')).toMatchObject({ message: 'No' });
    const letIn = applyChange(more, tell([{ verdict: 'admitted', hostname: 'a', at: 2 }], ['c']));
    expect([...letIn.denied]).toEqual(['b']);
    expect([...letIn.policies.keys()]).toEqual(['a', 'b']);
    expect(fromSnapshot(aSnapshot({ policies: [b] })).denied).toEqual(new Set(['b']));
  });

  test('of a notice adds it', () => {
    const notice = (at: number) => ({ kind: 'notice', notice: { at, level: 'info', message: 'm' } }) as const;
    expect(changedBy(notice(1), notice(2)).notices.map(({ at }) => at)).toEqual([1, 2]);
  });
});

test('a release comes and goes, in every shell', () => {
  const snapshot = aSnapshot();
  const come = { kind: 'set', values: { release: aRelease() } } as const;
  const go = { kind: 'set', values: { release: null } } as const;
  expect(changedBy(come).release).toEqual(aRelease());
  expect('release' in changedBy(come, go)).toBe(false);
  expect(applyToSnapshot(snapshot, come)).toEqual({ ...snapshot, release: aRelease() });
  expect(applyToSnapshot(applyToSnapshot(snapshot, come), go)).toEqual(snapshot);
});

describe('a failure', () => {
  test('is kept when the tunnel is closed after it, until the next try', () => {
    const gone = changedBy(failed, tunnel({ status: 'closing', since: 8 }), tunnel({ status: 'idle' }));
    expect(gone.failures.get(one.id)).toEqual({ ...originFailure, at: 7 });
    expect(gone.tunnels.has(one.id)).toBe(false);
    const again = applyChange(gone, tunnel({ status: 'connecting', since: 9 }));
    expect(again.failures.size).toBe(0);
  });

  test('of a call is kept and forgotten the same way', () => {
    const kept = withFailure(start, one.id, { ...originFailure, at: 7 });
    expect(kept.failures.get(one.id)).toMatchObject({ at: 7 });
    expect(start.failures.size).toBe(0);
    expect(withFailure(kept, one.id, undefined).failures.size).toBe(0);
    expect(withFailure(start, one.id, undefined)).toBe(start);
  });
});

test('open is what is connected or on its way; what closes stays there until it is gone', () => {
  const openAfter = (...states: readonly TunnelState[]) => changedBy(...states.map(tunnel)).open;
  const connecting = { status: 'connecting', since: 1 } as const;
  const closing = { status: 'closing', since: 2 } as const;
  expect(openAfter(connecting)).toEqual(new Set([one.id, two.id]));
  expect(openAfter(connecting, connected())).toEqual(new Set([one.id, two.id]));
  expect(openAfter(connecting, closing)).toEqual(new Set([one.id, two.id]));
  expect(openAfter(connecting, closing, { status: 'idle' })).toEqual(new Set([two.id]));
  // Closed by somebody else while the page was away.
  expect(openAfter(closing)).toBe(start.open);
  // One that stays open is no new set: nothing is laid out anew.
  const [first, second] = [changedBy(tunnel(connecting)), changedBy(tunnel(connecting), tunnel(connected()))];
  expect(applyChange(first, tunnel(connected())).open).toBe(first.open);
  expect(second.open).toEqual(first.open);
});
