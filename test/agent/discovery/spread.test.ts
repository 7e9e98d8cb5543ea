import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { createSchedule, type Schedule } from '../../../main/agent/discovery/schedule.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { type HeldClock, heldClock } from '../catalog/clusters.ts';

const minute = 60_000;
const hour = 60 * minute;
const laptops = 2_000;

let folder: string;
let clock: HeldClock;
let catalog: Catalog;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-spread-'));
  clock = heldClock();
  catalog = await createCatalog({ folder, clock, logger: silentLogger });
});
afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true });
});

/** A small generator of random numbers with a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The starts of refreshes, ms after `begin`, of computers whose last full run was the same. */
function startsOf(act: (schedule: Schedule) => void): number[] {
  const begin = clock.now();
  const starts: number[] = [];
  const finishedAt = catalog.finishedAt();
  for (let seed = 1; seed <= laptops; seed += 1) {
    const schedule = createSchedule({
      // A run that does not end: each computer counts once.
      sources: () => [
        {
          source: 'eks',
          discover: () => {
            starts.push(clock.now() - begin);
            return new Promise(() => {});
          },
        },
      ],
      catalog: { ...catalog, finishedAt: () => finishedAt },
      clock,
      logger: silentLogger,
      maxAgeMs: () => hour,
      spreadMs: () => 5 * minute,
      random: seeded(seed),
      onStatus: () => {},
    });
    act(schedule);
  }
  for (let second = 0; second <= 5 * 60; second += 1) clock.advance(1_000);
  return starts;
}

function mostInOneSecond(starts: readonly number[]): number {
  const seconds = Map.groupBy(starts, (at) => Math.floor(at / 1_000));
  return Math.max(...Array.from(seconds.values(), (those) => those.length));
}

it('spreads the refreshes of computers that start at nine with what they knew in the evening', () => {
  catalog.finish();
  clock.advance(15 * hour);
  const starts = startsOf((schedule) => schedule.startUnlessFresh());
  expect(starts).toHaveLength(laptops);
  // 6.7 on average.
  expect(mostInOneSecond(starts)).toBeLessThan(25);
});

it('spreads those of computers that wake up together, whose looks come round more often', () => {
  catalog.finish();
  clock.advance(15 * hour);
  const starts = startsOf((schedule) => {
    for (let look = 0; look < 3; look += 1) schedule.startIfOld();
  });
  expect(starts).toHaveLength(laptops);
  expect(mostInOneSecond(starts)).toBeLessThan(25);
});

it('waits for nobody where no cluster is known yet, and where the user asks', async () => {
  let runs = 0;
  const schedule = createSchedule({
    sources: () => [
      {
        source: 'eks',
        async discover() {
          runs += 1;
        },
      },
    ],
    catalog,
    clock,
    logger: silentLogger,
    maxAgeMs: () => hour,
    spreadMs: () => 5 * minute,
    random: () => 0.5,
    onStatus: () => {},
  });
  schedule.startUnlessFresh();
  expect(runs).toBe(1);
  await vi.waitFor(() => expect(schedule.status().status).toBe('idle'));
  clock.advance(2 * hour);
  schedule.startIfOld();
  expect(runs).toBe(1);
  await schedule.runAsked();
  expect(runs).toBe(2);
  // The one that was due is no longer.
  clock.advance(3 * minute);
  expect(runs).toBe(2);
  clock.advance(hour);
  schedule.startIfOld();
  clock.advance(2 * minute);
  expect(runs).toBe(2);
  clock.advance(minute);
  expect(runs).toBe(3);
  schedule.close();
});

it('starts nothing for what is fresh at the start, and nothing after it is closed', () => {
  catalog.finish();
  const starts = startsOf((schedule) => schedule.startUnlessFresh());
  expect(starts).toEqual([]);
  clock.advance(2 * hour);
  expect(
    startsOf((schedule) => {
      schedule.startIfOld();
      schedule.close();
    }),
  ).toEqual([]);
});
