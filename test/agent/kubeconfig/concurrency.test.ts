import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import fs, { open, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createKubeconfig } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { createPlanner } from '../../../main/agent/kubeconfig/planner.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { skippingClock } from '../skipping-clock.ts';
import {
  bench,
  eventually,
  kubectl,
  kubectlRun,
  listing,
  seed,
  text,
  theirs,
  view,
  withKubectl,
} from './bench.ts';
import { entry } from './entry.ts';

/** Lets another writer in just before the lock is taken, once. */
function beforeLock(write: () => void): void {
  const original = fs.symlink;
  const restore = () => {
    fs.symlink = original;
    syncBuiltinESMExports();
  };
  fs.symlink = async (target, file, ...rest) => {
    if (String(file).endsWith('.lock')) {
      restore();
      write();
    }
    return original(target, file, ...rest);
  };
  syncBuiltinESMExports();
  onTestFinished(restore);
}

/**
 * A kubectl that has read `config` and stands still before it locks. What it makes of the text that it read is had from
 * a real one that works on a copy. Answers what lets it go on: it locks and writes in place, as kubectl does.
 */
async function stoppedKubectl(root: string, config: string, ...args: readonly string[]) {
  const copy = path.join(root, 'as-read');
  await writeFile(copy, await readFile(config));
  await kubectlRun(copy, 'config', ...args);
  const rewritten = await readFile(copy);
  await unlink(copy);
  return async () => {
    const lock = await open(`${config}.lock`, 'wx', 0);
    await lock.close();
    await writeFile(config, rewritten);
    await unlink(`${config}.lock`);
  };
}

withKubectl(
  'an entry and current-context that a kubectl stopped before its lock deletes are put back',
  async () => {
    const { kubeconfig, root, config, source } = await bench();
    await seed(config, theirs);
    const goOn = await stoppedKubectl(root, config, 'set-cluster', 'another', '--server=https://another');
    await kubeconfig.add(source, [entry('a'), entry('b')], { current: 'a' });
    await goOn();
    await eventually(async () => (await view(config)).contexts.length === 3);
    const seen = await view(config);
    expect(seen['current-context']).toBe('a');
    expect(seen.clusters.map(({ name }) => name).toSorted()).toEqual(['a', 'another', 'b', 'theirs']);
    expect(seen.users.map(({ name }) => name).toSorted()).toEqual(['a', 'b', 'theirs']);
    const { currentContext } = await kubeconfig.remove(source, ['a', 'b']);
    expect(currentContext).toBe('theirs');
    expect((await view(config)).clusters.map(({ name }) => name).toSorted()).toEqual(['another', 'theirs']);
  },
);

withKubectl('an entry that a kubectl stopped before its lock brings back is removed again', async () => {
  const { kubeconfig, root, config, source } = await bench();
  await seed(config, theirs);
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  const goOn = await stoppedKubectl(root, config, 'set-cluster', 'another', '--server=https://another');
  await kubeconfig.remove(source, ['a']);
  await goOn();
  await eventually(async () => !(await text(config)).includes('k8s-tunnels'));
  const seen = await view(config);
  expect(seen['current-context']).toBe('theirs');
  expect(seen.clusters.map(({ name }) => name).toSorted()).toEqual(['another', 'theirs']);
});

test('an entry that another program undoes is written again for ten seconds, and then never', async () => {
  const { state, config, source } = await bench();
  const clock = skippingClock();
  const kubeconfig = createKubeconfig({ folder: state, clock, logger: silentLogger });
  await seed(config, theirs);
  await kubeconfig.add(source, [entry('a')], {});
  /** Lets time pass, and waits for the checks that were due in it. */
  const pass = async (ms: number) => {
    clock.skip(ms);
    await kubeconfig.preview(source, [], {});
  };
  // Its first check finds nothing.
  await pass(60);
  await writeFile(config, theirs);
  await pass(6_000);
  expect(await kubeconfig.entry(source, 'a')).toMatchObject({ name: 'a' });
  await pass(11_000);
  await writeFile(config, theirs);
  await pass(60_000);
  expect((await kubeconfig.check()).entries).toMatchObject([{ status: 'missing' }]);
  expect(await text(config)).toBe(theirs);
});

withKubectl('a context of ours that a person deletes with kubectl is not put back', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, theirs);
  await kubeconfig.add(source, [entry('a'), entry('b')], {});
  await kubectlRun(config, 'config', 'delete-context', 'a');
  await systemClock.sleep(300);
  expect((await view(config)).contexts.map(({ name }) => name)).toEqual(['b', 'theirs']);
  await kubeconfig.remove(source, ['a', 'b']);
  expect(await text(config)).not.toContain('k8s-tunnels');
});

test('a read in the middle of a locked write waits, and never writes over it', async () => {
  const { kubeconfig, root, config, source } = await bench();
  await seed(config, theirs);
  await writeFile(`${config}.lock`, '');
  await writeFile(config, '');
  const adding = kubeconfig.add(source, [entry('a')], {});
  const first = await Promise.race([adding, systemClock.sleep(200)]);
  expect(first).toBeUndefined();
  await writeFile(config, `${theirs}# written\n`);
  await unlink(`${config}.lock`);
  await adding;
  expect(await text(config)).toContain('# written\n');
  await kubeconfig.remove(source, ['a']);
  expect(await text(config)).toBe(`${theirs}# written\n`);
  expect(await listing(root)).toEqual(['config', 'state']);
});

test.each([
  ['an emptied file', ''],
  ['half a file', 'clusters:\n- name: [th'],
])('%s by a writer without a lock is not taken for what is meant', async (_, half) => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, theirs);
  await writeFile(config, half);
  // However long that takes here, it was written just now.
  const now = vi.spyOn(Date, 'now').mockReturnValue((await stat(config)).mtimeMs);
  onTestFinished(() => now.mockRestore());
  const adding = kubeconfig.add(source, [entry('a')], {});
  expect(await Promise.race([adding, systemClock.sleep(60)])).toBeUndefined();
  await writeFile(config, theirs);
  await adding;
  await kubeconfig.remove(source, ['a']);
  expect(await text(config)).toBe(theirs);
});

test('a poll in the middle of a locked write answers what it knew', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, theirs);
  const known = await kubeconfig.current(source);
  await writeFile(`${config}.lock`, '');
  await writeFile(config, '');
  expect(await kubeconfig.current(source)).toEqual(known);
});

test('a writer without a lock between our read and our rename is noticed and kept', async () => {
  const { kubeconfig, root, config, source } = await bench();
  await seed(config, theirs);
  beforeLock(() => writeFileSync(config, `${readFileSync(config, 'utf8')}# from another hand\n`));
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  expect(await text(config)).toContain('# from another hand');
  expect(await kubeconfig.current(source)).toMatchObject({ id: 'a' });
  await kubeconfig.remove(source, ['a']);
  expect(await text(config)).toBe(`${theirs}# from another hand\n`);
  expect(await listing(root)).toEqual(['config', 'state']);
});

test('a file that appears between our read and our rename is noticed and kept', async () => {
  const { kubeconfig, config, source } = await bench();
  beforeLock(() => writeFileSync(config, theirs));
  await kubeconfig.add(source, [entry('a')], {});
  await kubeconfig.remove(source, ['a']);
  expect(await text(config)).toBe(theirs);
});

withKubectl('a kubectl that writes all the time beside us: neither loses anything', async () => {
  const { kubeconfig, config, source, root } = await bench();
  await seed(config, theirs);
  const script = `for i in $(seq 1 12); do until "$0" config set-context "loop-$i" --cluster=theirs 2>/dev/null; do :; done; done`;
  const loop = spawn('sh', ['-c', script, kubectl ?? ''], {
    env: { PATH: process.env.PATH, HOME: root, KUBECONFIG: config },
    stdio: 'ignore',
  });
  let isOver = false;
  const ended = once(loop, 'close').then(() => {
    isOver = true;
  });
  for (let round = 0; !isOver; round += 1) {
    await kubeconfig.add(source, [entry('a'), entry(`b-${round % 3}`)], { current: 'a' });
    await kubeconfig.remove(source, [`b-${(round + 1) % 3}`]);
  }
  await ended;
  await kubeconfig.remove(source, ['b-0', 'b-1', 'b-2']);
  const wanted = ['a', 'theirs', ...Array.from({ length: 12 }, (_, index) => `loop-${index + 1}`)].toSorted();
  const names = async () => (await view(config)).contexts.map(({ name }) => name).toSorted();
  await eventually(async () => JSON.stringify(await names()) === JSON.stringify(wanted));
  await kubeconfig.remove(source, ['a']);
  const seen = await view(config);
  expect(seen['current-context']).toBe('theirs');
  expect(seen.clusters.map(({ name }) => name)).toEqual(['theirs']);
  expect(await listing(root)).toEqual(['config', 'state']);
});

withKubectl(
  'kubectl rewrote the file while connected: our stanzas are found by their extension and cleaned up',
  async () => {
    const { kubeconfig, config, source } = await bench();
    await seed(config, theirs);
    await kubeconfig.add(source, [entry('a', { name: 'yes' }), entry('b')], { current: 'a' });
    await kubectlRun(config, 'config', 'set-context', '--current', '--namespace=chosen');
    await kubectlRun(config, 'config', 'rename-context', 'b', 'renamed');
    await kubectlRun(config, 'config', 'set-context', 'mine', '--cluster=theirs');
    expect(await kubeconfig.current(source)).toMatchObject({ context: 'yes', id: 'a' });
    await kubeconfig.add(source, [entry('a', { name: 'yes' }), entry('c')], {});
    const seen = await view(config);
    expect(seen.contexts.find(({ name }) => name === 'yes')?.context.namespace).toBe('chosen');
    expect(seen.contexts.map(({ name }) => name).toSorted()).toEqual([
      'c',
      'mine',
      'renamed',
      'theirs',
      'yes',
    ]);
    const { removed, currentContext } = await kubeconfig.remove(source, ['a', 'b', 'c']);
    expect(removed.toSorted()).toEqual(['a', 'b', 'c']);
    expect(currentContext).toBe('theirs');
    const left = await view(config);
    expect(left.contexts.map(({ name }) => name).toSorted()).toEqual(['mine', 'theirs']);
    expect([left.clusters, left.users].map((list) => list.map(({ name }) => name))).toEqual([
      ['theirs'],
      ['theirs'],
    ]);
  },
);

withKubectl('kubectl rewrote the file, then a crash: the next start cleans up', async () => {
  const { kubeconfig, open: reopen, config, source } = await bench();
  await seed(config, '');
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  await kubectlRun(config, 'config', 'set-context', '--current', '--namespace=chosen');
  // What a crash ends too: a writer that lives on would put back what the next one removes.
  await kubeconfig.close();
  expect(await reopen().recover(new Set())).toEqual({ removed: ['a'], kept: [], warnings: [] });
  const left = await view(config);
  expect([left.clusters, left.contexts, left.users, left['current-context']]).toEqual([[], [], [], '']);
});

test('a file of several megabytes is planned in a thread: ticks go on, the bytes come back', async () => {
  const { state, config, source } = await bench();
  const worker = new URL('../../../main/agent/kubeconfig/plan-worker.ts', import.meta.url);
  const kubeconfig = createKubeconfig({ folder: state, clock: systemClock, logger: silentLogger, worker });
  const authority = 'A'.repeat(3000);
  const many = Array.from({ length: 600 }, (_, index) => index);
  const yaml = `clusters:\n${many.map((index) => `- name: c${index}\n  cluster:\n    server: https://c${index}\n    certificate-authority-data: ${authority}\n`).join('')}contexts:\n${many.map((index) => `- name: c${index}\n  context: {cluster: c${index}, user: u}\n`).join('')}`;
  await seed(config, yaml);
  let ticks = 0;
  const ticking = setInterval(() => {
    ticks += 1;
  }, 1);
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(20);
  expect(await kubeconfig.current(source)).toMatchObject({ id: 'a' });
  await expect(kubeconfig.use(source, 'c1')).rejects.toMatchObject({ code: 'not-found' });
  await kubeconfig.remove(source, ['a']);
  expect((await text(config)) === yaml).toBe(true);
  await seed(config, `${yaml}clusters: {}\n`);
  await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject({
    code: 'kubeconfig-invalid',
  });
});

test('the thread ends with what it was started for, and the next task starts another', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as net.AddressInfo;
  // It is connected as long as it runs, and answers every task.
  const source = () => `
    const { parentPort } = require('node:worker_threads');
    require('node:net').connect(${port}, '127.0.0.1').on('error', () => {});
    parentPort.on('message', ({ kind }) => parentPort.postMessage({ json: JSON.stringify(kind) }));`;
  const planner = createPlanner({ source });
  const large = new Uint8Array(200_000);
  for (const _ of ['the first', 'the next']) {
    const started = once(server, 'connection');
    expect(await planner.diff({ name: 'config', before: large, after: large })).toBe('diff');
    const [thread] = (await started) as [net.Socket];
    const ended = once(thread.on('error', () => {}).resume(), 'close');
    planner.close();
    await ended;
  }
});
