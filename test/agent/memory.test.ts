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

const module = path.resolve(import.meta.dirname, '..', '..', 'main', 'agent', 'memory.ts');
/** What a program prints that may import `main/agent/memory.ts`. */
const printed = async (program: string) => {
  const args = ['--input-type=module', '-e', program];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
};

test('the space for new objects stays small under load', async () => {
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
  const [limited, unlimited] = await Promise.all([printed(program(true)), printed(program(false))]);
  expect(limited).toBeLessThanOrEqual(unlimited / 4);
});

test('a collection leaves no pages that are nearly empty', async () => {
  const share = await printed(`
    import { collectGarbage, limitYoungGeneration } from ${JSON.stringify(module)};
    limitYoungGeneration();
    const kept = [];
    let all = [];
    for (let at = 0; at < 800_000; at += 1) {
      const one = { at, text: 'text ' + at, list: [at] };
      if (at % 50 === 0) kept.push(one);
      all.push(one);
    }
    all = [];
    collectGarbage();
    const { heapTotal, heapUsed } = process.memoryUsage();
    console.log(kept.length > 0 ? heapTotal / heapUsed : 0);`);
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThanOrEqual(3);
});

test.runIf(process.platform === 'linux')(
  'the space for new objects is collected without waking other threads',
  async () => {
    const program = (limit: boolean) => `
    import { readdirSync, readFileSync } from 'node:fs';
    import { setFlagsFromString } from 'node:v8';
    import { limitYoungGeneration } from ${JSON.stringify(module)};
    if (${limit}) limitYoungGeneration();
    else setFlagsFromString('--semi-space-growth-factor=1');
    const kept = Array.from({ length: 2_000 });
    for (let at = 0; at < 2_000_000; at += 1) kept[at % kept.length] = { at, list: [at, at + 1], text: 'text ' + at };
    const wakeUps = readdirSync('/proc/self/task').map((thread) => {
      const status = readFileSync('/proc/self/task/' + thread + '/status', 'utf8');
      return status.startsWith('Name:\\tV8Worker') ? Number(/^voluntary_ctxt_switches:\\s+(\\d+)/m.exec(status)[1]) : 0;
    });
    console.log(wakeUps.reduce((sum, count) => sum + count, 0));`;
    const [limited, unlimited] = [await printed(program(true)), await printed(program(false))];
    expect(limited).toBeLessThanOrEqual(unlimited / 2);
  },
);
