import fs, { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bench, reopen, seed, text } from './bench.ts';
import { entry } from './entry.ts';

const theirs = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n';

/** From now on, counts the flushes of files and folders, each of which may take as long as all the rest of an edit. */
async function countFlushes(): Promise<{ count: number }> {
  const handle = await fs.open(import.meta.filename, 'r');
  const prototype = Object.getPrototypeOf(handle) as { sync: () => Promise<void> };
  await handle.close();
  const { sync } = prototype;
  const flushes = { count: 0 };
  prototype.sync = async function counted(this: unknown) {
    flushes.count += 1;
    return sync.call(this);
  };
  onTestFinished(() => {
    prototype.sync = sync;
  });
  return flushes;
}

test('an edit flushes the journal, the new file and its folder, and nothing else', async () => {
  const { kubeconfig, config, source, state } = await bench();
  await seed(config, theirs);
  // The id of the agent is stored once.
  await kubeconfig.owner();
  const flushes = await countFlushes();
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  expect(flushes.count).toBe(3);
  await kubeconfig.add(source, [entry('b')], { current: 'b' });
  expect(flushes.count).toBe(6);
  await kubeconfig.use(source, 'a');
  expect(flushes.count).toBe(9);
  // What it writes, it has on disk for the next process: the file without our entries is known to the byte.
  await kubeconfig.close();
  const next = reopen(state);
  expect(await next.remove(source, ['a', 'b'])).toMatchObject({ removed: ['a', 'b'], failures: [] });
  expect(await text(config)).toBe(theirs);
  await next.close();
});

test('the status of a file that was renamed into place is known without reading the file again', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, theirs);
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  const { mode } = await stat(config);
  expect(mode & 0o777).toBe(0o600);
  expect(await kubeconfig.current(source)).toEqual({ context: 'a', id: 'a', file: config });
  // Another program's write is seen, also one of the same length.
  await seed(config, (await text(config)).replace('current-context: "a"', 'current-context: "b"'));
  expect(await kubeconfig.current(source)).toMatchObject({ context: 'b' });
});

test('a backup that is written without a flush is complete, and one for a write in place is flushed', async () => {
  const { kubeconfig, config, source, root, state } = await bench();
  await seed(config, theirs);
  await kubeconfig.owner();
  await fs.link(config, path.join(root, 'twin'));
  const flushes = await countFlushes();
  await kubeconfig.add(source, [entry('a')], {});
  // Journal, new file, backup, journal with the backup, the file in place, journal without it.
  expect(flushes.count).toBe(6);
  const folder = path.join(state, 'backups');
  const [backup = ''] = await fs.readdir(folder);
  expect(await readFile(path.join(folder, backup), 'utf8')).toBe(theirs);
  await rm(path.join(root, 'twin'));
  await kubeconfig.remove(source, ['a']);
  expect(await text(config)).toBe(theirs);
});
