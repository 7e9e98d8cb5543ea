import { describe, expect, test } from 'vitest';
import {
  decide,
  emptyMemory,
  type Memory,
  type Notification,
} from '../../../main/desktop/notifications/decide.ts';
import type { Snapshot } from '../../../main/model/agent-view.ts';
import { type ClusterId, clusterId } from '../../../main/model/cluster.ts';
import { aRelease } from '../../renderer/shown.ts';

type State = Snapshot['tunnels'][number]['state'];
const start = 1_000_000_000;
const id = (name: string): ClusterId => clusterId('eks', '1', 'eu-west-1', name);
const failure = {
  stage: 'edge',
  error: { code: 'network-unreachable', message: 'The edge does not answer.', retryable: true },
  mender: 'network',
} as const;
const connected: State = { status: 'connected', since: start, probe: { at: start, stages: [], totalMs: 1 } };
const failed: State = { status: 'failed', since: start, failure };
const lost = (since: number): State => ({
  status: 'reconnecting',
  since,
  attempt: 1,
  nextAt: since,
  failure,
});

function snapshot(tunnels: Readonly<Record<string, State>>, more: Partial<Snapshot> = {}): Snapshot {
  return {
    clusters: Object.keys(tunnels).map((name) => ({ id: id(name), title: name })),
    tunnels: Object.entries(tunnels).map(([name, state]) => ({ cluster: id(name), state })),
    logins: [],
    sessions: [],
    discovery: { status: 'idle', finishedAt: start },
    settings: { notifyNewClusters: true },
    kubectl: {},
    ...more,
  } as unknown as Snapshot;
}

/** One look after the other. */
function follow(isInFront = false) {
  let memory: Memory = emptyMemory;
  let before: Snapshot | undefined;
  return (
    at: number,
    now: Snapshot,
    inFront = isInFront,
  ): { notifications: readonly Notification[]; again: number | undefined } => {
    const decided = decide({ before, now, memory, at, isInFront: inFront });
    memory = decided.memory;
    before = now;
    return { notifications: decided.notifications, again: decided.lookAgainMs };
  };
}

const kinds = ({ notifications }: { readonly notifications: readonly Notification[] }) =>
  notifications.map(({ kind }) => kind);
const failedIn = ({ notifications }: { readonly notifications: readonly Notification[] }) =>
  notifications.flatMap((one) =>
    one.kind === 'tunnels-failed' ? one.clusters.map(({ title }) => title) : [],
  );

test('an AI client that waits for the user is notified once, not where the window shows it', () => {
  const question = { id: 'a'.repeat(16), cluster: id('a'), client: 'Claude', pid: 7, since: start };
  const asking = snapshot({ a: connected }, { confirmations: [question] });
  const look = follow();
  look(start, snapshot({ a: connected }));
  expect(look(start + 1, asking).notifications).toEqual([
    { kind: 'confirmation-needed', client: 'Claude', title: 'a' },
  ]);
  expect(look(start + 2, asking).notifications).toEqual([]);
  expect(follow(true)(start, asking).notifications).toEqual([]);
});

describe('tunnels', () => {
  test('that stood and failed are told together, two seconds after the first', () => {
    const look = follow();
    look(start, snapshot({ a: connected, b: connected, c: connected }));
    expect(look(start + 10, snapshot({ a: failed, b: connected, c: connected }))).toEqual({
      notifications: [],
      again: 2_000,
    });
    expect(look(start + 1_900, snapshot({ a: failed, b: failed, c: connected }))).toEqual({
      notifications: [],
      again: 110,
    });
    const at = look(start + 2_010, snapshot({ a: failed, b: failed, c: connected }));
    expect(failedIn(at)).toEqual(['a', 'b']);
    expect(look(start + 5_000, snapshot({ a: failed, b: failed, c: connected })).notifications).toEqual([]);
  });

  test('that come back within twenty seconds are not told of, and longer ones are', () => {
    const look = follow();
    look(start, snapshot({ a: connected }));
    expect(look(start + 1, snapshot({ a: lost(start + 1) }))).toEqual({ notifications: [], again: 20_000 });
    expect(look(start + 9_000, snapshot({ a: connected })).notifications).toEqual([]);
    look(start + 30_000, snapshot({ a: lost(start + 30_000) }));
    expect(look(start + 50_000, snapshot({ a: lost(start + 30_000) })).notifications).toEqual([]);
    expect(failedIn(look(start + 52_000, snapshot({ a: lost(start + 30_000) })))).toEqual(['a']);
  });

  test('that kubectl tries again and that fail again are told of all the same', () => {
    const look = follow();
    const connecting: State = { status: 'connecting', since: start };
    look(start, snapshot({ a: connected, b: connected }));
    look(start + 1_000, snapshot({ a: failed, b: failed }));
    expect(kinds(look(start + 1_500, snapshot({ a: connecting, b: connecting })))).toEqual([]);
    expect(failedIn(look(start + 3_000, snapshot({ a: failed, b: connected })))).toEqual(['a']);
  });

  test('that fail again and again are told of once in ten minutes', () => {
    const look = follow();
    let told = 0;
    for (let at = start; at < start + 1_800_000; at += 30_000) {
      look(at, snapshot({ a: connected }));
      look(at + 10, snapshot({ a: failed }));
      told += failedIn(look(at + 2_010, snapshot({ a: failed }))).length;
    }
    expect(told).toBe(3);
  });

  test('that could not be opened are told to whoever opened them', () => {
    const look = follow();
    look(start, snapshot({}));
    look(start + 10, snapshot({ a: { status: 'connecting', since: start } }));
    expect(look(start + 60_000, snapshot({ a: failed })).notifications).toEqual([]);
    expect(follow()(start, snapshot({ a: failed })).notifications).toEqual([]);
  });

  test('are told again when the clock was set back', () => {
    const look = follow();
    look(start, snapshot({ a: connected }));
    look(start + 10, snapshot({ a: failed }));
    expect(failedIn(look(start + 2_010, snapshot({ a: failed })))).toEqual(['a']);
    const earlier = start - 86_400_000;
    look(earlier, snapshot({ a: connected }));
    look(earlier + 10, snapshot({ a: failed }));
    expect(failedIn(look(earlier + 2_010, snapshot({ a: failed })))).toEqual(['a']);
  });
});

describe('the window in front', () => {
  test('says it itself, and nothing is told later either', () => {
    const look = follow();
    look(start, snapshot({ a: connected }));
    look(start + 10, snapshot({ a: failed }), true);
    expect(look(start + 2_010, snapshot({ a: failed }), true).notifications).toEqual([]);
    expect(look(start + 9_000, snapshot({ a: failed }), false).notifications).toEqual([]);
  });
});

describe('a sign-in', () => {
  const login = { kind: 'access', title: 'acme', url: 'https://acme.example/', since: start } as const;
  test('is told of when nobody has ended it in five seconds', () => {
    const look = follow();
    const waiting = snapshot({}, { logins: [login] });
    expect(look(start, waiting)).toEqual({ notifications: [], again: 5_000 });
    expect(look(start + 5_000, waiting).notifications).toEqual([
      { kind: 'sign-in-needed', title: 'acme', url: 'https://acme.example/' },
    ]);
    expect(look(start + 60_000, waiting).notifications).toEqual([]);
  });

  test('that is over in time is not told of', () => {
    const look = follow();
    look(start, snapshot({}, { logins: [login] }));
    look(start + 4_000, snapshot({}));
    expect(look(start + 9_000, snapshot({})).notifications).toEqual([]);
  });
});

describe('a session', () => {
  const sessions = [{ authDomain: 'acme.example', endsAt: start + 30 * 60_000 }];
  test('that ends soon is told of once, where something is open', () => {
    const look = follow();
    expect(look(start, snapshot({ a: connected }, { sessions }))).toEqual({
      notifications: [],
      again: 20 * 60_000,
    });
    expect(look(start + 20 * 60_000, snapshot({ a: connected }, { sessions })).notifications).toEqual([
      { kind: 'session-ends', authDomain: 'acme.example', minutes: 10 },
    ]);
    expect(look(start + 29 * 60_000, snapshot({ a: connected }, { sessions })).notifications).toEqual([]);
    expect(look(start + 31 * 60_000, snapshot({ a: connected }, { sessions })).notifications).toEqual([]);
  });

  test('that ends within the minute ends in one, not in none', () => {
    const now = snapshot({ a: connected }, { sessions });
    expect(follow()(start + 29 * 60_000 + 50_000, now).notifications).toMatchObject([
      { kind: 'session-ends', minutes: 1 },
    ]);
    expect(follow()(start + 30 * 60_000, now).notifications).toEqual([]);
  });

  test('is not where nothing is', () => {
    expect(follow()(start + 25 * 60_000, snapshot({}, { sessions })).notifications).toEqual([]);
  });
});

describe('a switch for some time', () => {
  const until = start + 30 * 60_000;
  const kubectl = { context: 'prod', cluster: id('prod'), limit: { until, back: 'minikube' } };
  test('that ends in two minutes is told of once', () => {
    const look = follow();
    expect(look(start, snapshot({}, { kubectl }))).toEqual({ notifications: [], again: 28 * 60_000 });
    expect(look(start + 28 * 60_000, snapshot({}, { kubectl })).notifications).toEqual([
      { kind: 'switch-ends', context: 'prod', back: 'minikube', minutes: 2 },
    ]);
    expect(look(start + 29 * 60_000, snapshot({}, { kubectl })).notifications).toEqual([]);
    expect(look(start + 31 * 60_000, snapshot({}, { kubectl })).notifications).toEqual([]);
  });

  test('that ends within the minute ends in one, not in none', () => {
    const now = snapshot({}, { kubectl });
    expect(follow()(until - 10_000, now).notifications).toMatchObject([{ kind: 'switch-ends', minutes: 1 }]);
    expect(follow()(until, now).notifications).toEqual([]);
  });

  test('is not where it was ended before', () => {
    const look = follow();
    look(start, snapshot({}, { kubectl }));
    expect(
      look(start + 28 * 60_000, snapshot({}, { kubectl: { context: 'minikube' } })).notifications,
    ).toEqual([]);
  });
});

describe('new clusters', () => {
  const clusters = (...names: readonly string[]) =>
    names.map((name) => ({ id: id(name), title: name })) as unknown as Snapshot['clusters'];
  const running = { status: 'running', since: start, cellsRead: 0, cellsKnown: 1, clusters: 0 } as const;

  test('are told of after a discovery, those of the first one not', () => {
    const look = follow();
    look(start, snapshot({}, { discovery: running }));
    expect(look(start + 1, snapshot({}, { clusters: clusters('a', 'b') })).notifications).toEqual([]);
    look(start + 2, snapshot({}, { clusters: clusters('a', 'b', 'c'), discovery: running }));
    expect(look(start + 3, snapshot({}, { clusters: clusters('b', 'c', 'd') })).notifications).toEqual([
      { kind: 'clusters-found', clusters: clusters('c', 'd') },
    ]);
    expect(look(start + 4, snapshot({}, { clusters: clusters('b', 'c', 'd') })).notifications).toEqual([]);
  });

  test('are not where the person wants no word of them', () => {
    const quiet = { notifyNewClusters: false } as Snapshot['settings'];
    const look = follow();
    look(start, snapshot({}, { clusters: clusters('a') }));
    look(start + 2, snapshot({}, { clusters: clusters('a'), discovery: running }));
    const { notifications } = look(
      start + 3,
      snapshot({}, { clusters: clusters('a', 'b'), settings: quiet }),
    );
    expect(notifications).toEqual([]);
  });
});

describe('a release', () => {
  const released = (version: string, isRequired = false) =>
    snapshot({}, { release: aRelease({ version, isRequired }) });

  test('is told of once for each version, whatever else happens', () => {
    const look = follow();
    look(start, snapshot({}));
    expect(look(start + 1, released('1.4.0')).notifications).toEqual([
      { kind: 'release', version: '1.4.0', isRequired: false },
    ]);
    expect(look(start + 86_400_000, released('1.4.0')).notifications).toEqual([]);
    look(start + 86_400_001, snapshot({}));
    expect(look(start + 86_400_002, released('1.4.0', true)).notifications).toEqual([]);
    expect(kinds(look(start + 86_400_003, released('1.5.0')))).toEqual(['release']);
  });

  test('is not while the window is in front, which shows it, and not afterwards', () => {
    const look = follow();
    look(start, snapshot({}));
    expect(look(start + 1, released('1.4.0'), true).notifications).toEqual([]);
    expect(look(start + 2, released('1.4.0')).notifications).toEqual([]);
  });

  test('that was known before the start is no news, unless it is required', () => {
    const look = follow();
    expect(look(start, released('1.4.0')).notifications).toEqual([]);
    expect(look(start + 1, released('1.4.0')).notifications).toEqual([]);
    expect(follow()(start, released('1.4.0', true)).notifications).toEqual([
      { kind: 'release', version: '1.4.0', isRequired: true },
    ]);
  });
});

test('two things at once are two notifications', () => {
  const look = follow();
  const sessions = [{ authDomain: 'acme.example', endsAt: start + 60_000 }];
  look(start, snapshot({ a: connected }));
  look(start + 10, snapshot({ a: failed }));
  expect(kinds(look(start + 2_010, snapshot({ a: failed }, { sessions })))).toEqual([
    'tunnels-failed',
    'session-ends',
  ]);
});

test('a session that has ended is told once for all clusters that wait for it, and again only after another one', () => {
  const error = {
    code: 'access-login-needed',
    message: 'Your session has ended.',
    retryable: false,
  } as const;
  const waits: State = { status: 'failed', since: start, failure: { stage: 'access', error, mender: 'you' } };
  const endedSessions = [{ authDomain: 'acme.cloudflareaccess.com', isRevoked: true }];
  const look = follow();
  look(start, snapshot({ a: connected, b: connected }));
  look(start + 10, snapshot({ a: waits, b: connected }, { endedSessions }));
  const at = look(start + 2_010, snapshot({ a: waits, b: waits }, { endedSessions }));
  expect(at.notifications).toEqual([
    { kind: 'session-ended', authDomain: 'acme.cloudflareaccess.com', waiting: 2 },
  ]);
  for (const later of [3_000, 20 * 60_000, 60 * 60_000])
    expect(look(start + later, snapshot({ a: waits, b: waits }, { endedSessions })).notifications).toEqual(
      [],
    );
  look(start + 70 * 60_000, snapshot({ a: connected, b: connected }));
  look(start + 80 * 60_000, snapshot({ a: waits, b: waits }, { endedSessions }));
  expect(
    kinds(look(start + 80 * 60_000 + 2_000, snapshot({ a: waits, b: waits }, { endedSessions }))),
  ).toEqual(['session-ended']);
});

test('a session that had ended before the first look is no news', () => {
  const endedSessions = [{ authDomain: 'acme.cloudflareaccess.com', isRevoked: false }];
  const look = follow();
  expect(look(start, snapshot({ a: failed }, { endedSessions })).notifications).toEqual([]);
  expect(look(start + 5_000, snapshot({ a: failed }, { endedSessions })).notifications).toEqual([]);
});
