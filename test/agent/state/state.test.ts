import { beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { createNotices } from '../../../main/agent/state/notices.ts';
import { createState, type State } from '../../../main/agent/state/state.ts';
import type { Change } from '../../../main/model/agent-view.ts';
import { clusterId } from '../../../main/model/cluster.ts';
import { aRelease } from '../../renderer/shown.ts';

const one = clusterId('eks', '1', 'eu', 'one');
let errors: string[];
let state: State;
let told: Change[];
beforeEach(() => {
  errors = [];
  told = [];
  state = createState({ ...silentLogger, error: (message) => errors.push(message) });
  state.subscribe((change) => told.push(change));
});

test('slices that change are told together, once; the same values are no change', () => {
  const sessions = [{ authDomain: 'acme.cloudflareaccess.com', endsAt: 5 }];
  state.set({ sessions, endedSessions: [] });
  state.set({ sessions: structuredClone(sessions), endedSessions: [] });
  expect(told).toEqual([{ kind: 'set', values: { sessions, endedSessions: [] } }]);
  expect(state.get()).toMatchObject({ sessions, endedSessions: [] });
});

test('null takes a slice away', () => {
  state.set({ release: null });
  expect(told).toEqual([]);
  state.set({ release: aRelease() });
  expect(state.get().release).toEqual(aRelease());
  state.set({ release: null });
  expect('release' in state.get()).toBe(false);
  expect(told).toHaveLength(2);
});

test('a slice is watched by what it is and was, whatever else is told with it', () => {
  const seen: unknown[] = [];
  const stop = state.watch('kept', (now, before) => seen.push([before, now]));
  state.set({ favourites: [one] });
  state.set({ kept: [one] });
  state.set({ kept: [one], favourites: [] });
  state.report({ kind: 'notice', notice: { at: 1, level: 'info', message: 'm' } });
  expect(seen).toEqual([[[], [one]]]);
  stop();
  state.set({ kept: [] });
  expect(seen).toHaveLength(1);
});

test('a subscriber that throws is logged, and keeps nothing from the others', () => {
  const stop = state.subscribe(() => {
    throw new Error('broken');
  });
  const last: Change[] = [];
  state.subscribe((change) => last.push(change));
  state.set({ kept: [one] });
  expect(last).toHaveLength(1);
  expect(errors).toEqual(['A subscriber failed']);
  stop();
  state.set({ kept: [] });
  expect(errors).toHaveLength(1);
});

test('notices are kept without secrets, the last hundred; one that is said once is not said again', () => {
  const notices = createNotices({ clock: { now: () => 7 }, logger: silentLogger, state });
  notices.addOnce('warning', 'A port moved.');
  notices.addOnce('warning', 'A port moved.');
  expect(notices.list()).toEqual([{ at: 7, level: 'warning', message: 'A port moved.' }]);
  expect(told).toEqual([{ kind: 'notice', notice: notices.list()[0] }]);
  for (let count = 0; count < 100; count += 1) notices.add('info', `notice ${count}`);
  expect(notices.list()).toHaveLength(100);
  expect(notices.list()[0]?.message).toBe('notice 0');
  notices.add('info', 'token hvs.CAESIJ0Z1vDVhZ2VudC10b2tlbi1mb3ItdGVzdHM');
  expect(notices.list().at(-1)?.message).not.toContain('hvs.CAES');
});
