import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { createSchedule, type Schedule } from '../../../main/agent/discovery/schedule.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { DiscoveryStatus } from '../../../main/model/discovery-status.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

const hour = 3_600_000;
let folder: string;
let clock: SkippingClock;
let catalog: Catalog;
let statuses: DiscoveryStatus['status'][];
let made: number;
/** How often EKS was read; it answers at once. */
let eksRuns: number;
/** Of each run of the cluster files that has begun: ends it. */
let runs: (() => void)[];
let schedule: Schedule;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-schedule-'));
  clock = skippingClock({ isStill: true });
  catalog = await createCatalog({ folder, clock, logger: silentLogger });
  statuses = [];
  runs = [];
  eksRuns = 0;
  made = 0;
  schedule = createSchedule({
    sources() {
      made += 1;
      return (['file', 'eks'] as const).map((source) => ({
        source,
        discover: () => {
          if (source === 'eks') {
            eksRuns += 1;
            return Promise.resolve();
          }
          return new Promise<void>((resolve) => void runs.push(() => resolve()));
        },
      }));
    },
    catalog,
    clock,
    logger: silentLogger,
    maxAgeMs: () => hour,
    onStatus: ({ status }) => statuses.push(status),
  });
});
afterEach(async () => {
  schedule.close();
  await catalog.close();
  await rm(folder, { recursive: true, force: true });
});
const runToEnd = async () => {
  const done = schedule.run();
  runs.at(-1)?.();
  await done;
};

test('one runs by itself only when the last is too old, however the clock was set', async () => {
  schedule.startIfOld();
  expect(runs).toHaveLength(0);
  expect(schedule.isFresh()).toBe(false);
  await runToEnd();
  expect(schedule.isFresh()).toBe(true);
  schedule.startIfOld();
  expect(runs).toHaveLength(1);
  clock.skip(hour + 1);
  schedule.startIfOld();
  schedule.startIfOld();
  expect(runs).toHaveLength(2);
});

test('after a sign-in its source alone is read again, and that is no full run', async () => {
  await runToEnd();
  const finishedAt = catalog.finishedAt();
  clock.skip(1_000);
  schedule.startAfterSignIn('eks');
  await vi.waitFor(() => expect(eksRuns).toBe(2));
  await vi.waitFor(() => expect(statuses.at(-1)).toBe('idle'));
  expect(runs).toHaveLength(1);
  expect(catalog.finishedAt()).toBe(finishedAt);
});

test('a user who asks during a run of one source gets a full one after it', async () => {
  schedule.startAfterSignIn('file');
  await vi.waitFor(() => expect(runs).toHaveLength(1));
  const asked = schedule.runAsked();
  expect(eksRuns).toBe(0);
  runs[0]?.();
  await vi.waitFor(() => expect(runs).toHaveLength(2));
  expect(eksRuns).toBe(1);
  runs[1]?.();
  await asked;
  expect(catalog.finishedAt()).toBeDefined();
});

test('a run that would follow a cancelled one is cancelled too', async () => {
  schedule.startAfterSignIn('file');
  await vi.waitFor(() => expect(runs).toHaveLength(1));
  const asked = schedule.run();
  schedule.close();
  runs[0]?.();
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  expect(eksRuns).toBe(0);
});

test('after a sign-in a new run follows the one under way, and that is what users wait for', async () => {
  schedule.start();
  schedule.startAfterSignIn('file');
  let isAnswered = false;
  const asked = schedule.runAsked().then(() => {
    isAnswered = true;
  });
  runs[0]?.();
  await vi.waitFor(() => expect(runs).toHaveLength(2));
  expect(eksRuns).toBe(1);
  runs[1]?.();
  // That was one source: the user asked for all.
  await vi.waitFor(() => expect(runs).toHaveLength(3));
  expect(eksRuns).toBe(2);
  expect(isAnswered).toBe(false);
  runs[2]?.();
  await asked;
  expect(runs).toHaveLength(3);
  // The next one waits for nothing.
  const next = schedule.runAsked();
  expect(runs).toHaveLength(4);
  runs[3]?.();
  await next;
});

test('renewing makes the sources again; what becomes of the run before it is not shown', async () => {
  const cancelled = schedule.run();
  schedule.renew();
  expect(made).toBe(2);
  schedule.start();
  runs[0]?.();
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  expect(statuses.at(-1)).toBe('running');
  expect(schedule.isFresh()).toBe(false);
});

test('a user who joins a run that could not sign in gets another one, which may open the browser', async () => {
  const asked: boolean[] = [];
  let needsSession = false;
  const other = createSchedule({
    sources: () => [
      {
        source: 'catalog',
        async discover(run) {
          asked.push(run.asked);
          needsSession = !run.asked;
        },
      },
    ],
    catalog,
    clock,
    logger: silentLogger,
    maxAgeMs: () => hour,
    needsSession: () => needsSession,
    onStatus: () => {},
  });
  other.start();
  await other.runAsked();
  expect(asked).toEqual([false, true]);
  await other.runAsked();
  expect(asked).toEqual([false, true, true]);
});
