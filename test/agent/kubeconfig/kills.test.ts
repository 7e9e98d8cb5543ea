import fs, { type FileHandle, link, symlink, unlink } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readLock } from '../../../main/agent/processes/lock-file.ts';
import { bench, listing, reopen, seed, text } from './bench.ts';
import { entry } from './entry.ts';

const theirs = `apiVersion: v1\nkind: Config\ncurrent-context: theirs\nclusters: []\n${'# padding\n'.repeat(200)}`;

const functions = ['open', 'symlink', 'rename', 'unlink', 'mkdir', 'rmdir', 'writeFile'] as const;
const methods = ['write', 'writeFile', 'truncate', 'sync', 'chmod', 'chown'] as const;

/**
 * From now on, counts the calls that change the disk. From call `limit` on none is made and none returns, as after SIGKILL:
 * what was done before stays as it is. Answers how many were made, and what resolves when the limit is reached.
 */
async function stopAt(limit: number) {
  const originals = functions.map((name) => [name, fs[name]] as const);
  const handle = await fs.open(import.meta.filename, 'r');
  const prototype = Object.getPrototypeOf(handle) as Record<string, unknown>;
  await handle.close();
  const methodsBefore = methods.map((name) => [name, prototype[name]] as const);
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const guarded = (original: unknown) =>
    function stoppable(this: FileHandle, ...args: readonly unknown[]) {
      if (count >= limit) {
        resolve();
        return new Promise(() => {});
      }
      count += 1;
      return (original as (...all: unknown[]) => Promise<unknown>).apply(this, [...args]);
    };
  for (const [name, original] of originals) Object.assign(fs, { [name]: guarded(original) });
  for (const [name, original] of methodsBefore) prototype[name] = guarded(original);
  syncBuiltinESMExports();
  const restore = () => {
    for (const [name, original] of originals) Object.assign(fs, { [name]: original });
    for (const [name, original] of methodsBefore) prototype[name] = original;
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  return { reached, restore, calls: () => count };
}

/** Makes a lock that this process holds one of a process that has ended. Answers what it said. */
async function orphan(lock: string): Promise<string | undefined> {
  const said = await readLock(lock);
  if (said === undefined) return undefined;
  await unlink(lock);
  await symlink(JSON.stringify({ ...JSON.parse(said), startTime: 1 }), lock);
  return said;
}

test.each(['a rename', 'in place'])(
  'killed at any call of a write by %s: the file is whole, and nobody is locked out after the next start',
  async (how) => {
    const begin = async () => {
      const one = await bench();
      await seed(one.config, theirs);
      if (how === 'in place') await link(one.config, path.join(one.root, 'twin'));
      return one;
    };
    const whole = await begin();
    const counting = await stopAt(Number.POSITIVE_INFINITY);
    await whole.kubeconfig.add(whole.source, [entry('a')], { current: 'a' });
    counting.restore();
    const calls = counting.calls();
    expect(calls).toBeGreaterThan(15);
    const written = await text(whole.config);
    let locked = 0;
    for (let call = 0; call < calls; call += 1) {
      const { root, state, config, source, kubeconfig } = await begin();
      const lock = `${config}.lock`;
      const { reached, restore } = await stopAt(call);
      void kubeconfig.add(source, [entry('a')], { current: 'a' }).catch(() => {});
      await reached;
      restore();
      const hasLock = (await listing(root)).includes('config.lock');
      const said = await orphan(lock);
      if (hasLock) {
        locked += 1;
        expect(JSON.parse(said ?? '')).toMatchObject({ app: 'k8s-tunnels', pid: process.pid });
      }
      const names = ['config', ...(how === 'in place' ? ['twin'] : [])];
      const strip = (content: string) => content.replaceAll(/\w[\w.-]*-[0-9a-f]{8}/g, 'owner');
      if (how === 'a rename') expect([theirs, strip(written)]).toContain(strip(await text(config)));
      const next = reopen(state);
      await next.recover(new Set(['a']));
      expect([theirs, strip(written)]).toContain(strip(await text(config)));
      await next.recover(new Set());
      expect(await text(config)).toBe(theirs);
      expect((await listing(root)).filter((name) => name !== 'state')).toEqual(names);
      await next.close();
    }
    expect(locked).toBeGreaterThan(0);
  },
);
