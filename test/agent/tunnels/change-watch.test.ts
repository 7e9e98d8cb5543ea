import type { networkInterfaces } from 'node:os';
import { beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { watchForChange } from '../../../main/agent/tunnels/change-watch.ts';
import { type HeldClock, heldClock } from '../catalog/clusters.ts';

const every = 5_000;
const changed = vi.fn();
const warn = vi.fn();
let clock: HeldClock;
let addresses: readonly string[] | undefined;

const interfaces = (): ReturnType<typeof networkInterfaces> => {
  if (addresses === undefined) throw new Error('EMFILE');
  const list = addresses.map((address) => ({ address }));
  return { en0: list } as unknown as ReturnType<typeof networkInterfaces>;
};
const start = () => watchForChange({ clock, logger: { ...silentLogger, warn }, interfaces }, changed);

beforeEach(() => {
  clock = heldClock();
  addresses = ['192.168.1.7', '10.0.0.2'];
  changed.mockReset();
  warn.mockReset();
});

it('reports that the addresses have changed, once', () => {
  start();
  clock.advance(every);
  expect(changed).not.toHaveBeenCalled();
  addresses = ['172.16.0.9'];
  clock.advance(every);
  clock.advance(every);
  expect(changed.mock.calls).toEqual([['network']]);
});

it('reports no change for another order, or for link-local addresses that come and go', () => {
  start();
  addresses = ['10.0.0.2', 'fe80::1', '192.168.1.7'];
  clock.advance(every);
  expect(changed).not.toHaveBeenCalled();
});

it('reports that the computer slept, and not the network too', () => {
  start();
  addresses = ['172.16.0.9'];
  clock.advance(15_001);
  clock.advance(every);
  expect(changed.mock.calls).toEqual([['sleep']]);
  clock.advance(15_000);
  expect(changed).toHaveBeenCalledTimes(1);
});

it('takes addresses that cannot be read as unchanged, and says so once', () => {
  start();
  addresses = undefined;
  clock.advance(every);
  clock.advance(every);
  addresses = ['192.168.1.7', '10.0.0.2'];
  clock.advance(every);
  expect([changed.mock.calls.length, warn.mock.calls.length]).toEqual([0, 1]);
});

it('looks no more after its end', () => {
  const stop = start();
  clock.advance(every);
  stop();
  expect(clock.timers).toBe(0);
});
