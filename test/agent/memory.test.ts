import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { collectGarbage, createMemory } from '../../main/agent/memory.ts';
import { skippingClock } from './skipping-clock.ts';

test('garbage is collected once, when the last of many tunnels has been closed for a while', () => {
  const clock = skippingClock();
  const collect = vi.fn();
  let open = 3;
  const memory = createMemory({ clock, isInUse: () => open > 0, collect });
  for (; open > 0; open -= 1) {
    memory.workEnded();
    clock.skip(10_000);
  }
  expect(collect).not.toHaveBeenCalled();
  clock.skip(10_000);
  expect(collect).toHaveBeenCalledOnce();
  clock.skip(3_600_000);
  expect(collect).toHaveBeenCalledOnce();
  expect(clock.pending()).toBe(0);
});

test('nothing is collected while a tunnel is open, or after the end', () => {
  const clock = skippingClock();
  const collect = vi.fn();
  let isInUse = true;
  const memory = createMemory({ clock, isInUse: () => isInUse, collect });
  memory.workEnded();
  clock.skip(60_000);
  isInUse = false;
  memory.workEnded();
  memory.close();
  clock.skip(60_000);
  expect(collect).not.toHaveBeenCalled();
});

test('collecting frees what nobody holds', async () => {
  const ref = new WeakRef({ large: new Array(1_000) });
  // A reference that was made in this turn is held to its end.
  await new Promise((resolve) => setTimeout(resolve, 0));
  collectGarbage();
  expect(ref.deref()).toBeUndefined();
});

test('the space for new objects stays small under load', async () => {
  const module = path.resolve(import.meta.dirname, '..', '..', 'main', 'agent', 'memory.ts');
  const program = (limit: boolean) => `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { limitYoungGeneration } from ${JSON.stringify(module)};
    if (${limit}) limitYoungGeneration();
    let list = [];
    for (let at = 0; at < 3_000_000; at += 1) {
      list.push({ at });
      if (list.length > 50_000) list = [];
    }
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(space.space_size);`;
  const sizeOf = async (limit: boolean) => {
    const args = ['--input-type=module', '-e', program(limit)];
    return Number((await promisify(execFile)(process.execPath, args)).stdout);
  };
  const [limited, usual] = await Promise.all([sizeOf(true), sizeOf(false)]);
  expect(limited).toBeLessThanOrEqual(usual / 4);
});
