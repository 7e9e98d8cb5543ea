import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Catalog, type CatalogChange, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { type Cluster, clusterId } from '../../../main/model/cluster.ts';
import { cell, denied, eksCluster, type HeldClock, heldClock, listed, throttled } from './clusters.ts';

let folder: string;
let stored: string;
let clock: HeldClock;
let catalog: Catalog;
let changes: CatalogChange[];

const open = () => createCatalog({ folder: stored, clock, logger: silentLogger });
/** The file of the one account that has been written. */
async function fileOf(): Promise<string> {
  await catalog.flush();
  const name = (await readdir(stored)).find((one) => one.startsWith('eks-'));
  return path.join(stored, name ?? '');
}
const names = (clusters: readonly Cluster[]) => clusters.map(({ name }) => name).sort();

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'catalog-'));
  stored = path.join(folder, 'state', 'catalog');
  clock = heldClock();
  catalog = await open();
  changes = [];
  catalog.onChange((change) => changes.push(change));
});
afterEach(async () => {
  // A write that the clock has started ends before its folder goes.
  await catalog.close();
  await rm(folder, { recursive: true });
});

describe('what a cell does to the catalog', () => {
  test('a complete listing adds, updates and removes', () => {
    catalog.apply(cell(listed(eksCluster('a'), eksCluster('b'))));
    catalog.apply(cell(listed(eksCluster('b', { tags: { 'k8s-tunnels-name': 'Bee' } }), eksCluster('c'))));
    expect(names(catalog.clusters())).toEqual(['b', 'c']);
    expect(names(changes[1]?.upserted ?? [])).toEqual(['b', 'c']);
    expect(changes[1]?.removed).toEqual([eksCluster('a').id]);
    expect(changes).toHaveLength(2);
  });

  test('a cluster that was read again takes the place of the one that is known, and no other', () => {
    catalog.apply(cell(listed(eksCluster('a'))));
    const named = (name: string) => eksCluster(name, { tags: { 'k8s-tunnels-name': 'Bee' } });
    catalog.update(named('a'));
    catalog.update(named('b'));
    expect(catalog.clusters().map(({ id, title }) => [id, title])).toEqual([[eksCluster('a').id, 'Bee']]);
    expect(changes.slice(1).map(({ upserted }) => names(upserted))).toEqual([['a']]);
  });

  test('one cell says nothing of another', () => {
    catalog.apply(cell(listed(eksCluster('a'))));
    catalog.apply(cell(listed(), 'us-east-1'));
    expect(names(catalog.clusters())).toEqual(['a']);
  });

  test('a failure keeps what was known, stale, and when it was last read', () => {
    catalog.apply(cell(listed(eksCluster('a'))));
    clock.advance(5_000);
    catalog.apply(cell(throttled));
    expect(catalog.clusters()).toEqual([{ ...eksCluster('a'), stale: true }]);
    expect(catalog.cells()).toEqual([
      {
        id: 'eks/111122223333/eu-west-1',
        source: 'eks',
        account: '111122223333',
        region: 'eu-west-1',
        readAt: 1_000_000,
        triedAt: 1_005_000,
        error: { code: 'aws-throttled', message: 'AWS throttles.', retryable: true },
      },
    ]);
    catalog.apply(cell(listed(eksCluster('a'))));
    expect(catalog.clusters()).toEqual([eksCluster('a')]);
    expect(catalog.cells()[0]).toMatchObject({ readAt: 1_005_000 });
    expect(catalog.cells()[0]).not.toHaveProperty('error');
    expect(catalog.cells()[0]).not.toHaveProperty('triedAt');
  });

  test('a failure keeps the name of the account, which only a listing tells', () => {
    const account = { source: 'eks', account: '111122223333', region: 'eu-west-1' } as const;
    catalog.apply({ cell: { ...account, accountName: 'acme-shop' }, outcome: listed(eksCluster('a')) });
    catalog.apply(cell(throttled));
    expect(catalog.cells()[0]).toMatchObject({ accountName: 'acme-shop', error: { code: 'aws-throttled' } });
  });

  test('a partial failure takes what was read and keeps the rest, stale', () => {
    catalog.apply(cell(listed(eksCluster('a'), eksCluster('b'))));
    const read = eksCluster('a', { tags: { 'k8s-tunnels-name': 'Ay' } });
    catalog.apply(cell({ ...throttled, clusters: [read] } as typeof throttled));
    expect(catalog.get(read.id)).toEqual(read);
    expect(catalog.find('b').stale).toBe(true);
  });

  test('a region that is not enabled is a cell with that answer', () => {
    const error = { code: 'aws-region-disabled', message: 'off', retryable: false } as const;
    catalog.apply(cell({ kind: 'not-enabled', error }));
    expect(catalog.cells()).toEqual([expect.objectContaining({ error })]);
  });

  test('the same again is no change', () => {
    catalog.apply(cell(listed(eksCluster('a'))));
    clock.advance(60_000);
    catalog.apply(cell(listed(eksCluster('a', { seenAt: 7 }))));
    catalog.apply(cell(denied));
    catalog.apply(cell(denied));
    expect(changes).toHaveLength(2);
    expect(catalog.find('a').seenAt).toBe(7);
  });

  test('one cluster reached twice is one, with both profiles', () => {
    const ways = [eksCluster('a', { profiles: ['x'] }), eksCluster('a', { profiles: ['y', 'x'] })];
    catalog.apply(cell(listed(...ways)));
    expect(catalog.clusters()).toHaveLength(1);
    expect(catalog.find('a').credential).toMatchObject({
      ways: [
        { kind: 'profile', name: 'x' },
        { kind: 'profile', name: 'y' },
      ],
    });
  });

  test('a cell that a whole run did not visit: empty it goes, else its clusters are stale', () => {
    catalog.apply(cell(listed(eksCluster('a'))));
    catalog.apply(cell(listed(), 'us-east-1'));
    catalog.apply(cell(listed(eksCluster('c', { region: 'us-west-2' })), 'us-west-2'));
    catalog.settle({ source: 'eks', visited: new Set(['eks/111122223333/us-west-2']) });
    expect(catalog.cells().map(({ region, error }) => [region, error?.code])).toEqual([
      ['eu-west-1', 'not-found'],
      ['us-west-2', undefined],
    ]);
    expect(catalog.find('a').stale).toBe(true);
    expect(catalog.find('c').stale).toBe(false);
    expect(changes.at(-1)).toMatchObject({ removed: [], removedCells: ['eks/111122223333/us-east-1'] });
    catalog.settle({ source: 'vault', visited: new Set() });
    expect(catalog.cells()).toHaveLength(2);
  });

  test('an ended subscription hears nothing', () => {
    const heard: CatalogChange[] = [];
    catalog.onChange((change) => heard.push(change))();
    catalog.apply(cell(listed(eksCluster('a'))));
    expect(heard).toEqual([]);
  });
});

describe('on disk', () => {
  test('a burst is one write, 0600, and the next start knows it all', async () => {
    for (let index = 0; index < 50; index += 1) {
      const region = `region-${index}`;
      catalog.apply(cell(listed(eksCluster(`c${index}`, { region })), region));
    }
    catalog.apply(cell(throttled));
    catalog.finish();
    expect(clock.timers).toBe(1);
    await expect(stat(stored)).rejects.toThrow('ENOENT');
    clock.advance(500);
    await catalog.flush();
    expect(clock.timers).toBe(0);
    expect((await stat(await fileOf())).mode & 0o777).toBe(0o600);
    const again = await open();
    expect(again.clusters()).toEqual(catalog.clusters());
    expect(again.cells()).toEqual(catalog.cells());
    expect(again.finishedAt()).toBe(1_000_000);
  });

  test('close writes what is pending and nothing when nothing is', async () => {
    await catalog.close();
    await expect(stat(stored)).rejects.toThrow('ENOENT');
    catalog.apply(cell(listed(eksCluster('a'))));
    await catalog.close();
    const before = await stat(await fileOf());
    await catalog.close();
    expect((await stat(await fileOf())).ino).toBe(before.ino);
    expect(names((await open()).clusters())).toEqual(['a']);
  });

  test('removals after a restart go by the cell too', async () => {
    catalog.apply(cell(listed(eksCluster('a'), eksCluster('b'))));
    await catalog.close();
    const again = await open();
    again.apply(cell(listed(eksCluster('b'))));
    expect(names(again.clusters())).toEqual(['b']);
  });

  test.each([
    '{"version":2,"data":',
    '{"version":99,"data":{}}\n{}\n',
    '{"version":2,"data":{"cells":[],"clusters":[{"id":7}]}}\n{}\n',
    '{"version":2,"data":{"cells":[],"clusters":[]}}\n{"eks/',
  ])(
    'an account whose file does not fit is set aside, the others stay, and no run counts: %s',
    async (text) => {
      catalog.apply(cell(listed(eksCluster('a'))));
      const file = await fileOf();
      catalog.apply({
        cell: { source: 'vault', account: 'vault.example/clusters', region: '/' },
        outcome: { kind: 'listed', clusters: [] },
      });
      catalog.finish();
      await catalog.close();
      await writeFile(file, text);
      const again = await open();
      expect(again.clusters()).toEqual([]);
      expect(again.cells().map(({ source }) => source)).toEqual(['vault']);
      expect(again.isFresh(60_000)).toBe(false);
      expect(await readFile(`${file}.unreadable`, 'utf8')).toBe(text);
    },
  );

  test('what changes in one account is not written for the others', async () => {
    catalog.apply(cell(listed(eksCluster('a'))));
    const first = await fileOf();
    catalog.apply({
      cell: { source: 'eks', account: '222233334444', region: 'eu-west-1' },
      outcome: { kind: 'listed', clusters: [] },
    });
    await catalog.flush();
    const [before, all] = [await stat(first), await readdir(stored)];
    catalog.apply({
      cell: { source: 'eks', account: '222233334444', region: 'eu-west-1' },
      outcome: throttled,
    });
    await catalog.flush();
    expect((await stat(first)).ino).toBe(before.ino);
    expect(await readdir(stored)).toEqual(all);
  });

  test('an account that holds nothing any more has no file', async () => {
    catalog.apply(cell(listed(eksCluster('a'))));
    const file = await fileOf();
    catalog.apply(cell(listed()));
    catalog.settle({ source: 'eks', visited: new Set() });
    await catalog.flush();
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  test('what could not be written is written the next time', async () => {
    catalog.apply(cell(listed(eksCluster('a'))));
    await catalog.flush();
    const state = stored;
    // A file where the folder was: even root cannot write there.
    await rename(state, `${state}.away`);
    await writeFile(state, '');
    catalog.apply(cell(listed(eksCluster('a'), eksCluster('b'))));
    await expect(catalog.flush()).rejects.toMatchObject({ code: 'file-unwritable' });
    await rm(state);
    await rename(`${state}.away`, state);
    await catalog.close();
    expect(names((await open()).clusters())).toEqual(['a', 'b']);
    expect(await readdir(state)).toHaveLength(1);
  });
});

describe('isFresh', () => {
  test('until the last whole run is too old', () => {
    expect(catalog.isFresh(60_000)).toBe(false);
    catalog.apply(cell(listed()));
    expect(catalog.isFresh(60_000)).toBe(false);
    catalog.finish();
    expect(catalog.isFresh(60_000)).toBe(true);
    clock.advance(60_001);
    expect(catalog.isFresh(60_000)).toBe(false);
  });

  test('not with a failure that is worth another try, but with a lasting one', () => {
    catalog.apply(cell(denied, 'us-east-1'));
    catalog.finish();
    expect(catalog.isFresh(60_000)).toBe(true);
    catalog.apply(cell(throttled));
    expect(catalog.isFresh(60_000)).toBe(false);
  });

  test('not when the clock was set back', () => {
    catalog.finish();
    clock.advance(-120_000);
    expect(catalog.isFresh(60_000)).toBe(false);
  });
});

describe('find', () => {
  beforeEach(() => {
    catalog.apply(
      cell(
        listed(
          eksCluster('one', { tags: { 'k8s-tunnels-name': 'Shop' } }),
          eksCluster('Shop', { tags: { 'k8s-tunnels-name': 'two' } }),
          eksCluster('payments-prod'),
        ),
      ),
    );
    catalog.apply(cell(listed(eksCluster('twin', { region: 'us-east-1' })), 'us-east-1'));
    catalog.apply(cell(listed(eksCluster('twin', { region: 'us-west-2' })), 'us-west-2'));
  });

  test('by id, title before name, then whatever the case', () => {
    const id = clusterId('eks', '111122223333', 'us-west-2', 'twin');
    expect(catalog.find(id).id).toBe(id);
    expect(catalog.find('Shop').name).toBe('one');
    expect(catalog.find('one').title).toBe('Shop');
    expect(catalog.find('TWO').name).toBe('Shop');
  });

  test('a name that two clusters bear is answered with their ids', () => {
    expect(() => catalog.find('twin')).toThrowError(
      expect.objectContaining({
        code: 'ambiguous-cluster',
        hint: expect.stringMatching(/us-east-1\/twin, eks.*us-west-2\/twin/),
      }),
    );
  });

  test('an unknown one with what is near', () => {
    expect(() => catalog.find('payments-prdo')).toThrowError(
      expect.objectContaining({ code: 'not-found', hint: expect.stringContaining('payments-prod') }),
    );
  });

  test('in an empty catalog with how to fill it', async () => {
    stored = path.join(folder, 'empty');
    const empty = await open();
    expect(() => empty.find('x')).toThrowError(
      expect.objectContaining({ code: 'not-found', hint: expect.stringContaining('discover') }),
    );
  });
});

test('ten thousand clusters in a hundred cells', async () => {
  const regions = Array.from({ length: 100 }, (_, index) => `region-${index}`);
  for (const region of regions) {
    const clusters = Array.from({ length: 100 }, (_, index) => eksCluster(`c${index}`, { region }));
    catalog.apply(cell(listed(...clusters), region));
  }
  expect(catalog.clusters()).toHaveLength(10_000);
  catalog.apply(cell(listed(eksCluster('c0', { region: 'region-7' })), 'region-7'));
  expect(catalog.clusters()).toHaveLength(9_901);
  expect(changes.at(-1)?.removed).toHaveLength(99);
  await catalog.close();
  expect((await open()).clusters()).toHaveLength(9_901);
});

describe('what a run with the variables of a shell does to the catalog', () => {
  const shells = (...clusters: readonly Cluster[]) => cell(listed(...clusters), 'us-east-1');

  test('it adds a location, which the runs of the agent leave alone', () => {
    catalog.addFromShell(shells(eksCluster('a', { region: 'us-east-1' })));
    expect(catalog.cells()).toMatchObject([{ region: 'us-east-1', shell: true, readAt: clock.now() }]);
    // The agent cannot read it, and does not visit it.
    catalog.apply(cell(denied, 'us-east-1'));
    catalog.settle({ source: 'eks', visited: new Set() });
    expect(catalog.clusters()).toMatchObject([{ name: 'a', stale: false }]);
    expect(catalog.cells()).toMatchObject([{ shell: true }]);
    // Until it can.
    catalog.apply(cell(listed(), 'us-east-1'));
    expect(catalog.clusters()).toEqual([]);
    expect(catalog.cells()[0]).not.toHaveProperty('shell');
  });

  test('it removes nothing: what another shell saw, or this one no longer sees, stays', () => {
    catalog.addFromShell(shells(eksCluster('a', { region: 'us-east-1' })));
    catalog.addFromShell(shells(eksCluster('b', { region: 'us-east-1' })));
    catalog.addFromShell({ ...shells(), outcome: denied });
    const known = catalog.clusters().map(({ name, stale }) => [name, stale]);
    expect(known).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  test('what the agent knows keeps its ways in, and its location its state', () => {
    catalog.apply(cell(listed(eksCluster('a', { profiles: ['own'] }), eksCluster('b'))));
    const before = catalog.cells();
    clock.advance(1_000);
    const tags = { 'k8s-tunnels-name': 'Renamed' };
    catalog.addFromShell(cell(listed(eksCluster('a', { profiles: ['of the shell'], tags }))));
    expect(catalog.cells()).toEqual(before);
    expect(names(catalog.clusters())).toEqual(['a', 'b']);
    expect(catalog.get(eksCluster('a').id)).toMatchObject({
      title: 'Renamed',
      credential: { ways: [{ name: 'own' }] },
    });
  });

  test('a location that no shell has read for 30 days is dropped with the next full run', () => {
    catalog.addFromShell(shells(eksCluster('a', { region: 'us-east-1' })));
    clock.advance(29 * 24 * 3_600_000);
    catalog.finish();
    expect(names(catalog.clusters())).toEqual(['a']);
    clock.advance(2 * 24 * 3_600_000);
    catalog.finish();
    expect(catalog.clusters()).toEqual([]);
    expect(catalog.cells()).toEqual([]);
    expect(changes.at(-1)?.removed).toEqual([eksCluster('a', { region: 'us-east-1' }).id]);
  });
});
