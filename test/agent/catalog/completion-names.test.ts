import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { completionFile } from '../../../main/agent/catalog/catalog-layout.ts';
import { keepCompletionNames } from '../../../main/agent/catalog/completion-names.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { skippingClock } from '../skipping-clock.ts';
import { eksCluster } from './clusters.ts';

const delayMs = 500;

async function start() {
  const folder = await mkdtemp(path.join(tmpdir(), 'completion-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const clock = skippingClock({ isStill: true });
  let clusters: readonly Cluster[] = [eksCluster('pay')];
  const values = { givenNames: undefined, sets: [{ name: 'the two' }], settings: { contextName: '{title}' } };
  const listeners = new Set<() => void>();
  const listen = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const warn = vi.fn();
  type Options = Parameters<typeof keepCompletionNames>[0];
  const end = keepCompletionNames({
    folder,
    clock,
    logger: { ...silentLogger, warn },
    catalog: { clusters: () => clusters, onChange: listen } as unknown as Options['catalog'],
    state: {
      get: () => values,
      watch: (_: string, run: () => void) => listen(run),
    } as unknown as Options['state'],
  });
  return {
    folder,
    clock,
    warn,
    end,
    listeners,
    know(next: readonly Cluster[]) {
      clusters = next;
      for (const listener of listeners) listener();
    },
    lines: async () => (await readFile(path.join(folder, completionFile), 'utf8')).trimEnd().split('\n'),
  };
}

test('the names are written soon after the start, and once for several changes', async () => {
  const { clock, know, lines } = await start();
  await expect(lines()).rejects.toMatchObject({ code: 'ENOENT' });
  clock.skip(delayMs);
  await vi.waitFor(async () =>
    expect(await lines()).toEqual(
      expect.arrayContaining(['template\t{title}', 'cluster\tpay', 'set\tthe two', 'setting\tcontextName']),
    ),
  );
  know([eksCluster('pay'), eksCluster('shop')]);
  know([eksCluster('books')]);
  expect(clock.pending()).toBe(1);
  clock.skip(delayMs);
  await vi.waitFor(async () =>
    expect((await lines()).filter((line) => line.startsWith('cluster'))).toEqual(['cluster\tbooks']),
  );
});

test('names that could not be written are a warning, and written at the next change', async () => {
  const { folder, clock, warn, know, lines } = await start();
  await rm(folder, { recursive: true });
  await writeFile(folder, 'in the way');
  clock.skip(delayMs);
  await vi.waitFor(() => expect(warn).toHaveBeenCalled());
  await rm(folder);
  await mkdir(folder);
  know([eksCluster('pay')]);
  clock.skip(delayMs);
  await vi.waitFor(async () => expect(await lines()).toContain('cluster\tpay'));
});

test('nothing is written, and no change is waited for, once it has ended', async () => {
  const { clock, end, listeners, lines } = await start();
  end();
  expect({ timers: clock.pending(), listeners: listeners.size }).toEqual({ timers: 0, listeners: 0 });
  await expect(lines()).rejects.toMatchObject({ code: 'ENOENT' });
});
