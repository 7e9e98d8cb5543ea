import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { createDiscovery } from '../../../main/agent/discovery/discovery.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { CellResult, DiscoverySource } from '../../../main/agent/providers/discovery-source.ts';
import type { DiscoveryStatus } from '../../../main/model/discovery-status.ts';
import { skippingClock } from '../skipping-clock.ts';

const cellIn = (region: string): CellResult['cell'] => ({ source: 'eks', account: '1', region });

test('a location is named once it has taken 10 s, until it is read; the others arrive meanwhile', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'slow-'));
  const clock = skippingClock({ isStill: true });
  const catalog = await createCatalog({ folder, clock, logger: silentLogger });
  const silent = Promise.withResolvers<void>();
  const source: DiscoverySource = {
    source: 'eks',
    async discover({ onPlanned, onReading, onCell }) {
      onPlanned(2);
      const regions = ['eu-west-1', 'sa-east-1'].map(async (region) => {
        const done = onReading?.(cellIn(region));
        if (region === 'sa-east-1') await silent.promise;
        done?.();
        onCell({ cell: cellIn(region), outcome: { kind: 'listed', clusters: [] } });
      });
      await Promise.all(regions);
    },
  };
  const statuses: DiscoveryStatus[] = [];
  const discovery = createDiscovery({
    sources: [source],
    catalog,
    clock,
    logger: silentLogger,
    onStatus: (status) => void statuses.push(status),
  });
  const run = discovery.run();
  await expect.poll(() => statuses.at(-1)).toMatchObject({ cellsRead: 1, cellsKnown: 2 });
  expect(catalog.cells().map(({ region }) => region)).toEqual(['eu-west-1']);
  clock.skip(9_000);
  expect(statuses.at(-1)).not.toHaveProperty('slow');
  clock.skip(1_500);
  expect(statuses.at(-1)).toMatchObject({ status: 'running', slow: [cellIn('sa-east-1')] });
  silent.resolve();
  await run;
  expect(statuses.at(-2)).not.toHaveProperty('slow');
  expect(discovery.status()).toMatchObject({ status: 'idle' });
  await catalog.close();
  await rm(folder, { recursive: true });
});

test('a run that is cancelled waits for no location any more', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'slow-'));
  const clock = skippingClock({ isStill: true });
  const catalog = await createCatalog({ folder, clock, logger: silentLogger });
  const source: DiscoverySource = {
    source: 'eks',
    discover: ({ signal, onReading }) =>
      new Promise((_, reject) => {
        onReading?.(cellIn('sa-east-1'));
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const discovery = createDiscovery({
    sources: [source],
    catalog,
    clock,
    logger: silentLogger,
    onStatus() {},
  });
  const run = discovery.run();
  discovery.cancel();
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  expect(clock.pending()).toBe(0);
  await catalog.close();
  await rm(folder, { recursive: true });
});
