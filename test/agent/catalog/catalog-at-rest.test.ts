import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { readAtRest } from '../../../main/agent/catalog/catalog-at-rest.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { cell, denied, eksCluster, type HeldClock, heldClock, listed, throttled } from './clusters.ts';

let state: string;
let clock: HeldClock;
let catalog: Catalog;
const folder = () => path.join(state, 'catalog');
const read = () => readAtRest(state, clock.now());

async function write(
  freshness: { readonly freshForMs?: () => number } = { freshForMs: () => 60_000 },
): Promise<void> {
  catalog = await createCatalog({
    folder: folder(),
    clock,
    logger: silentLogger,
    ...freshness,
  });
  catalog.apply(cell(listed({ ...eksCluster('a'), certificateAuthorityData: 'Q0E=' })));
  catalog.apply(cell(denied, 'us-east-1'));
  catalog.finish();
  await catalog.close();
}

beforeEach(async () => {
  state = await mkdtemp(path.join(tmpdir(), 'at-rest-'));
  clock = heldClock();
  await write();
});
afterEach(() => rm(state, { recursive: true }));

test('holds what the agent knew, without the authorities', async () => {
  const [known] = catalog.clusters();
  const { certificateAuthorityData, ...shown } = known ?? {};
  expect(certificateAuthorityData).toBe('Q0E=');
  expect(read()).toEqual({
    clusters: [shown],
    cells: catalog.cells(),
    favourites: [],
    tunnels: [],
    kept: [],
    policies: [],
  });
});

test('holds what Access said, and nothing where that cannot be read', async () => {
  const policy = { verdict: 'admitted', hostname: 'a.example.com', at: 1 };
  const file = path.join(state, 'policies.json');
  await writeFile(file, JSON.stringify({ version: 1, data: [{ policy, session: { authDomain: 'x' } }] }));
  expect(read()?.policies).toEqual([policy]);
  await writeFile(file, '{"version":1,"da');
  expect(read()?.policies).toEqual([]);
});

test('holds whose entries stand', async () => {
  const [known] = catalog.clusters();
  const file = path.join(state, 'connections.json');
  const data = [{ cluster: known?.id, place: { cwd: '/', home: '/' }, status: 'kept' }];
  await writeFile(file, JSON.stringify({ version: 1, data }));
  expect(read()?.kept).toEqual([known?.id]);
  await writeFile(file, '{"version":1,"data":7}');
  expect(read()?.kept).toEqual([]);
});

test('is as old as the person wants it at most, whichever way the clock jumps', () => {
  clock.advance(59_999);
  expect(read()).toBeDefined();
  clock.advance(1);
  expect(read()).toBeUndefined();
  clock.advance(-70_000);
  expect(read()).toBeUndefined();
});

test('is not for a run that says no age, nor for one with a failure that is worth another try', async () => {
  catalog.apply(cell(throttled));
  catalog.finish();
  await catalog.close();
  expect(read()).toBeUndefined();
  await rm(folder(), { recursive: true });
  await write({});
  expect(read()).toBeUndefined();
});

test('is left to the agent where a file is not as it leaves it', async () => {
  const [name = ''] = (await readdir(folder())).filter((one) => one.startsWith('eks-'));
  const file = path.join(folder(), name);
  const text = await readFile(file, 'utf8');
  for (const other of [text.replace('{"version":2', '{"version":3'), text.slice(0, 40), '[]\n', '']) {
    await writeFile(file, other);
    expect(read()).toBeUndefined();
  }
  await writeFile(file, text);
  expect(read()).toBeDefined();
  await appendFile(path.join(folder(), 'runs.json'), '}');
  expect(read()).toBeUndefined();
  await rm(folder(), { recursive: true });
  expect(read()).toBeUndefined();
});
