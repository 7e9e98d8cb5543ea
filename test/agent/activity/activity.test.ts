import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Activity, createActivity } from '../../../main/agent/activity/activity.ts';
import type { Logger } from '../../../main/agent/parts.ts';
import type { ActivityEntry } from '../../../main/model/activity-entry.ts';
import type { Change } from '../../../main/model/agent-view.ts';
import { type ErrorCode, toPlainError } from '../../../main/model/app-error.ts';
import type { Cell, Cluster } from '../../../main/model/cluster.ts';
import { defaultSettings, defaultSettingsFrom } from '../../../main/model/settings.ts';
import type { Failure, TunnelState } from '../../../main/model/tunnel-state.ts';
import { aCell, aCluster, aRelease, aTunnel, connected } from '../../renderer/shown.ts';
import { canMount } from '../organisation/can-mount.ts';
import { skippingClock } from '../skipping-clock.ts';

const orders = aCluster('orders');
const lab = aCluster('lab');
const team = 'team.cloudflareaccess.com';

let folder: string;
let clock: ReturnType<typeof skippingClock>;
let warnings: string[];
let told: ActivityEntry[];
let activity: Activity;
const file = () => path.join(folder, 'activity.json');
const logger: Logger = {
  debug() {},
  info() {},
  warn: (message, fields) => void warnings.push(JSON.stringify({ message, ...fields })),
  error() {},
};

async function start(more: Partial<Parameters<typeof createActivity>[0]['from']> = {}) {
  activity = await createActivity({
    folder,
    clock,
    logger,
    from: {
      clusters: [orders],
      cells: [aCell('eu-west-1')],
      discovery: { status: 'idle', finishedAt: 1 },
      sessions: [],
      settings: defaultSettings,
      kept: [],
      kubectl: {},
      ...more,
    },
    onEntry: (entry) => told.push(entry),
  });
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'activity-'));
  clock = skippingClock();
  warnings = [];
  told = [];
  await start();
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const hear = (...changes: readonly Change[]) => changes.forEach(activity.hear);
const states = (cluster: Cluster, ...all: readonly TunnelState[]) =>
  hear(...all.map((state): Change => ({ kind: 'tunnel', tunnel: aTunnel(cluster.id, state) })));
const connecting: TunnelState = { status: 'connecting', since: 1 };
const closed: readonly TunnelState[] = [{ status: 'closing', since: 1 }, { status: 'idle' }];
const failure = (code: ErrorCode, message = 'It is so.'): Failure => ({
  stage: 'edge',
  mender: 'network',
  error: { code, message, retryable: true },
});
const away = (code: ErrorCode = 'edge-failed', attempt = 1): TunnelState => ({
  status: 'reconnecting',
  since: 1,
  attempt,
  nextAt: 1,
  failure: failure(code),
});
const degraded: TunnelState = { status: 'degraded', since: 1, failure: failure('kube-unready') };
const failed = (code: ErrorCode, message?: string): TunnelState => ({
  status: 'failed',
  since: 1,
  failure: failure(code, message),
});
const kinds = () => told.map(({ kind }) => kind);
const catalog = (upserted: Cluster[], removed: Cluster[], cells: Cell[] = []): Change => ({
  kind: 'catalog',
  upserted,
  removed: removed.map(({ id }) => id),
  cells,
  removedCells: [],
});
const run = (finishedAt: number): readonly Change[] => [
  {
    kind: 'set',
    values: { discovery: { status: 'running', since: 1, cellsRead: 0, cellsKnown: 1, clusters: 0 } },
  },
  { kind: 'set', values: { discovery: { status: 'idle', finishedAt } } },
];

describe('a tunnel', () => {
  test('is told when it connects, is interrupted, comes back and is closed, and by whom', async () => {
    await activity.during([orders.id], async () => states(orders, connecting, connected()));
    states(orders, connected(2), away(), away('edge-failed', 2));
    clock.skip(12_000);
    states(orders, connected(3), degraded, away(), connected(4));
    await activity.during([orders.id], async () => states(orders, ...closed));
    expect(told).toMatchObject([
      { kind: 'connected', cluster: orders.id, title: 'orders', by: 'person', ms: 42 },
      { kind: 'interrupted', failure: { error: { code: 'edge-failed' }, stage: 'edge' } },
      { kind: 'reconnected' },
      { kind: 'interrupted', failure: { error: { code: 'kube-unready' } } },
      { kind: 'reconnected' },
      { kind: 'closed', by: 'person' },
    ]);
    const [, , back] = told;
    expect(back?.kind === 'reconnected' && back.awayMs).toBeGreaterThanOrEqual(12_000);
    expect(told.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('that kubectl opened, or that was open before, says so', () => {
    hear({ kind: 'set', values: { kept: [orders.id] } });
    states(orders, connecting, connected(), ...closed);
    hear({ kind: 'set', values: { kept: [] } });
    states(orders, connecting, connected());
    expect(told).toMatchObject([
      { kind: 'connected', by: 'kubectl' },
      { kind: 'closed', by: 'agent' },
      { kind: 'connected', by: 'agent' },
    ]);
  });

  test('that fails is told with its reason, and not that it is closed again', () => {
    states(orders, connecting, failed('access-denied', 'Access refuses you.'), ...closed);
    expect(told).toMatchObject([
      { kind: 'failed', failure: { error: { code: 'access-denied', message: 'Access refuses you.' } } },
    ]);
  });

  test('that fails for clients in the same way again and again is told once a minute, for a person each time', async () => {
    const failOnce = () => states(orders, connecting, failed('edge-failed'), ...closed);
    for (let times = 0; times < 30; times++) failOnce();
    expect(kinds()).toEqual(['failed']);
    clock.skip(61_000);
    failOnce();
    states(orders, connecting, failed('access-denied'), ...closed);
    expect(kinds()).toEqual(['failed', 'failed', 'failed']);
    for (let times = 0; times < 2; times++) await activity.during([orders.id], async () => failOnce());
    expect(kinds()).toHaveLength(5);
    // What a person has seen is no news from a client.
    failOnce();
    expect(kinds()).toHaveLength(5);
  });

  test('that flaps does not push everything else out', () => {
    states(orders, connecting);
    for (let times = 0; times < 600; times++) states(orders, connected(times), away());
    expect(kinds()).toEqual(['connected', 'interrupted', 'reconnected']);
  });

  test('leaves how long its last probes took, with gaps where they failed', async () => {
    const probed = (halfMinute: number, totalMs: number): TunnelState => ({
      status: 'connected',
      since: 1,
      probe: { at: halfMinute * 30_000, totalMs, stages: [] },
    });
    states(orders, connecting, probed(1, 40), probed(1, 40), probed(2, 50), away(), probed(3, 60), ...closed);
    expect(activity.past(orders.id).samples.map(({ ms }) => ms)).toEqual([40, 50, undefined, 60, undefined]);
    for (let at = 10; at < 100; at++) states(orders, probed(at, at));
    const { samples } = activity.past(orders.id);
    expect(samples).toHaveLength(60);
    expect([samples[0], samples.at(-1)]).toEqual([
      { at: 40 * 30_000, ms: 40 },
      { at: 99 * 30_000, ms: 99 },
    ]);
    expect(activity.past(lab.id)).toEqual({ samples: [], failures: [] });
  });

  test('leaves no less of the past when a window has it probed each five seconds', () => {
    const start = clock.now();
    states(orders, connecting);
    for (let probe = 0; probe < 300; probe++)
      states(orders, {
        status: 'connected',
        since: 1,
        probe: { at: start + probe * 5_000, totalMs: probe, stages: [] },
      });
    const { samples } = activity.past(orders.id);
    const [first, last] = [samples[0]?.at ?? Number.NaN, samples.at(-1)?.at ?? Number.NaN];
    expect(last).toBe(start + 299 * 5_000);
    expect(last - first).toBeGreaterThanOrEqual(24 * 60_000);
  });

  test('leaves its last five failures, and no other’s', async () => {
    states(lab, connecting, failed('access-denied'));
    for (let times = 0; times < 7; times++)
      await activity.during([orders.id], async () =>
        states(orders, connecting, failed('edge-failed', `try ${times}`), ...closed),
      );
    const { failures } = activity.past(orders.id);
    expect(failures.map((one) => one.kind === 'failed' && one.failure.error.message)).toEqual(
      [6, 5, 4, 3, 2].map((times) => `try ${times}`),
    );
  });
});

describe('discovery', () => {
  test('is told at its end, with what is new, gone and could not be read', () => {
    const expired = {
      code: 'aws-session-expired',
      message: 'The session of dev ended.',
      retryable: false,
    } as const;
    const [running, idle] = run(2);
    if (running === undefined || idle === undefined) throw new Error('no run');
    hear(running, catalog([lab], [orders], [aCell('eu-west-1', expired), aCell('us-east-1', expired)]));
    expect(told).toEqual([]);
    hear(idle, idle);
    expect(told).toMatchObject([
      { kind: 'sign-in-ended', provider: 'aws', message: 'The session of dev ended.' },
      {
        kind: 'discovery',
        clusters: 1,
        added: { count: 1, titles: ['lab'] },
        gone: { count: 1, titles: ['orders'] },
        places: 2,
        failed: 2,
      },
    ]);
    hear(...run(3));
    expect(kinds()).toEqual(['sign-in-ended', 'discovery']);
  });

  test('that finds the same again is told only to who asked for it; one that was broken off, never', async () => {
    hear(...run(2), ...run(3), ...run(3));
    expect(kinds()).toEqual(['discovery']);
    await activity.during(['discovery'], async () => hear(...run(4)));
    expect(kinds()).toEqual(['discovery', 'discovery']);
  });
});

test('sign-ins, settings, kubectl and releases are told', async () => {
  const session = { authDomain: team, email: 'ada@example.com', endsAt: clock.now() + 60_000 };
  const sessions = (...all: (typeof session)[]) => hear({ kind: 'set', values: { sessions: all } });
  sessions(session);
  sessions({ ...session, endsAt: session.endsAt + 1 });
  sessions();
  sessions(session);
  clock.skip(61_000);
  sessions();
  hear({
    kind: 'set',
    values: { settings: { ...defaultSettings, keepEntries: false }, settingsFrom: defaultSettingsFrom },
  });
  hear(
    { kind: 'set', values: { kubectl: { context: 'orders', cluster: orders.id } } },
    { kind: 'set', values: { kubectl: {} } },
  );
  const release: Change = { kind: 'set', values: { release: aRelease() } };
  hear(release, { kind: 'set', values: { release: null } }, release);
  expect(told).toMatchObject([
    { kind: 'signed-in', provider: 'access', session: team, who: 'ada@example.com' },
    { kind: 'signed-in' },
    { kind: 'signed-out', session: team },
    { kind: 'signed-in' },
    { kind: 'sign-in-ended', session: team },
    { kind: 'settings', names: ['keepEntries'] },
    { kind: 'kubectl', context: 'orders', cluster: orders.id },
    { kind: 'kubectl' },
    { kind: 'release', version: '1.4.0' },
  ]);
  await activity.close();
  told = [];
  await start();
  hear(release);
  expect(told).toEqual([]);
});

test('what is being written when the agent ends is on disk before it has ended', async () => {
  states(orders, connecting, connected());
  // The write begins.
  clock.skip(2_000);
  await activity.close();
  expect(await readFile(file(), 'utf8')).toContain('"connected"');
});

describe('the journal', () => {
  const setting = (name: string) => activity.add({ kind: 'settings', names: [name] });

  test('holds the last 500, the newest first, in a file of their own that only the person may read', async () => {
    for (let at = 1; at <= 520; at++) setting(`s${at}`);
    await activity.close();
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const before = activity.list({});
    expect(before).toHaveLength(500);
    expect([before[0]?.id, before.at(-1)?.id]).toEqual([520, 21]);
    await start();
    expect(activity.list({})).toEqual(before);
    setting('after');
    expect(activity.list({ since: 519 }).map(({ id }) => id)).toEqual([521, 520]);
    expect(activity.list({ limit: 1 })).toMatchObject([{ id: 521, names: ['after'] }]);
    expect(activity.list({ since: 521 })).toEqual([]);
  });

  test('is written in one go a while after, and at the end', async () => {
    const onDisk = async () =>
      (JSON.parse(await readFile(file(), 'utf8')) as { data: unknown[] }).data.length;
    for (let at = 0; at < 10; at++) setting(`s${at}`);
    await expect(stat(file())).rejects.toThrow('ENOENT');
    expect(clock.pending()).toBe(1);
    clock.skip(2_001);
    await expect.poll(() => onDisk().catch(() => 0)).toBe(10);
    setting('last');
    await activity.close();
    expect(await onDisk()).toBe(11);
    expect(clock.pending()).toBe(0);
  });

  test.each([
    ['half a document', '{"version":1,"da'],
    ['another kind of entry', '{"version":1,"data":[{"id":1,"at":1,"kind":"stolen"}]}'],
    ['another version', '{"version":9,"data":[]}', 'v9'],
  ])('sets %s aside and begins anew', async (_, text, suffix = 'unreadable') => {
    await writeFile(file(), text);
    await start();
    expect(activity.list({})).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('set aside')]);
    expect(await readFile(`${file()}.${suffix}`, 'utf8')).toBe(text);
    setting('new');
    await activity.close();
    await start();
    expect(activity.list({})).toHaveLength(1);
  });

  test('holds no secret, whatever a failure, a place or a name says', async () => {
    const token = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"sub":"ada"}').toString('base64url')}.c2lnbmF0dXJl`;
    const password = 'hunter2hunter2';
    states(orders, connecting, failed('edge-failed', `It said ${token} and password=${password}`));
    activity.add({ kind: 'kubectl', context: `ctx ${token}` });
    activity.add({
      kind: 'failed',
      cluster: lab.id,
      title: `lab ${token}`,
      failure: { error: toPlainError(token) },
    });
    await activity.close();
    for (const text of [
      JSON.stringify(told),
      JSON.stringify(activity.list({})),
      await readFile(file(), 'utf8'),
    ]) {
      expect(text).toContain('[redacted]');
      expect(text).not.toContain(token);
      expect(text).not.toContain(password);
    }
  });

  test.skipIf(!canMount())('goes on where the disk is full, and is written when there is room', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder]);
    try {
      const filler = path.join(folder, 'filler');
      await writeFile(filler, Buffer.alloc(12 * 1024));
      await expectToGoOn('disk-full', () => rm(filler));
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  test('goes on where its folder cannot be written', async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    await expectToGoOn('file-unwritable', async () => {
      await rm(folder);
      await mkdir(folder);
    });
  });

  async function expectToGoOn(code: string, mend: () => Promise<void>) {
    for (let at = 0; at < 3; at++) {
      setting('s'.repeat(4_000));
      await activity.close();
    }
    expect(warnings).toEqual([expect.stringContaining(code)]);
    expect(activity.list({})).toHaveLength(3);
    await mend();
    setting('last');
    await activity.close();
    await start();
    expect(activity.list({})).toHaveLength(4);
  }
});

describe('an unlock of production', () => {
  const unlock = { cluster: orders.id, title: 'orders', reason: 'INC-1', who: 'ada', since: 1, until: 2 };

  test('that the agent did not end is over when the next one starts', async () => {
    activity.add({ kind: 'unlocked', ...unlock });
    activity.add({ kind: 'unlocked', ...unlock, cluster: lab.id, title: 'lab' });
    activity.add({ kind: 'locked', ...unlock, cluster: lab.id, title: 'lab', by: 'user' });
    await activity.close();
    await start();
    expect(activity.list({})).toMatchObject([
      { kind: 'locked', ...unlock, by: 'agent' },
      { kind: 'locked', title: 'lab', by: 'user' },
      { kind: 'unlocked', title: 'lab' },
      { kind: 'unlocked', title: 'orders' },
    ]);
    await activity.close();
    await start();
    expect(activity.list({ limit: 1 })).toMatchObject([{ kind: 'locked', by: 'agent' }]);
    expect(activity.list({})).toHaveLength(4);
  });

  test('has no secret in its reason', async () => {
    activity.add({
      kind: 'unlocked',
      ...unlock,
      reason: 'curl -H "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789"',
    });
    expect(JSON.stringify(activity.list({}))).not.toContain('abcdefghijklmnopqrstuvwxyz0123456789');
  });
});
