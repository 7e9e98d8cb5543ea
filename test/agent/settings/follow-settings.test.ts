import { EventEmitter } from 'node:events';
import { beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { followSettings } from '../../../main/agent/settings/follow-settings.ts';
import { createState } from '../../../main/agent/state/state.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { type HeldClock, heldClock } from '../catalog/clusters.ts';

let clock: HeldClock;
let noticed: string[];
beforeEach(() => {
  clock = heldClock();
  noticed = [];
});

/** The start of an agent whose ports listen when the test says so. */
function start(
  standBy: () => Promise<void>,
  { changesEntries = false, restored = new Promise<void>(() => {}) } = {},
) {
  const organisationEvents = new EventEmitter<{ entries: [] }>();
  let rewritten = 0;
  const { promise: listening, resolve: listen } = Promise.withResolvers<void>();
  let isReady = false;
  const ready = followSettings({
    clock,
    state: createState(silentLogger),
    notices: { list: () => [], add: (_, message) => void noticed.push(message), addOnce: () => {} },
    schedule: { renew() {} },
    connections: {
      listening,
      kept: () => [],
      remove: async () => ({ removed: [], warnings: [] }),
      rewrite: async () => {
        rewritten += 1;
        return { warnings: [] };
      },
    },
    current: { lookNow() {} },
    catalog: { clusters: () => [], onChange: () => () => {} },
    reach: {
      apiProxies: { events: new EventEmitter(), standBy },
      locks: { applies: () => false },
      tunnels: { find: () => undefined },
    },
    // A tunnel that was open cannot be reached now, and is waited for.
    restored,
    organisationEvents,
    changesEntries,
  }).then(() => {
    isReady = true;
  });
  return { listen, ready, isReady: () => isReady, organisationEvents, rewritten: () => rewritten };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('an agent is ready when all its ports listen, while tunnels are still being opened', async () => {
  const { promise: separate, resolve: separateListen } = Promise.withResolvers<void>();
  const started = start(() => separate);
  await turn();
  started.listen();
  await turn();
  expect(started.isReady()).toBe(false);
  separateListen();
  await started.ready;
  expect(clock.timers).toBe(0);
  expect(noticed).toEqual([]);
});

test('a separate kubeconfig whose port cannot be opened is a notice, and no reason to wait', async () => {
  const started = start(() => Promise.reject(new AppError('port-failed', 'It is in use.')));
  started.listen();
  await started.ready;
  expect(noticed).toEqual(['Separate kubeconfig files do not work. It is in use.']);
});

test('a port that waits for a lock holds the start up for three seconds at most', async () => {
  const started = start(async () => {});
  clock.advance(2_999);
  await turn();
  expect(started.isReady()).toBe(false);
  clock.advance(1);
  await started.ready;
});

test('entries are written again when the organisation decides otherwise, also while no agent ran', async () => {
  const started = start(async () => {}, { changesEntries: true, restored: Promise.resolve() });
  await started.ready;
  await turn();
  expect(started.rewritten()).toBe(1);
  started.organisationEvents.emit('entries');
  await turn();
  expect(started.rewritten()).toBe(2);
  const unchanged = start(async () => {}, { restored: Promise.resolve() });
  await unchanged.ready;
  await turn();
  expect(unchanged.rewritten()).toBe(0);
});
