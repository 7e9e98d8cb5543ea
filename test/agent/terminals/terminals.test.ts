import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { createTerminals, type Owner, type Terminals } from '../../../main/agent/terminals/terminals.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';
import { heldClock } from '../catalog/clusters.ts';
import { entry as entryOf } from '../kubeconfig/entry.ts';

const cluster = 'eks/111122223333/eu-west-1/staging' as ClusterId;
const entry = entryOf(cluster, { name: 'staging' });

let folder: string;
let clock: ReturnType<typeof heldClock>;
let running: Map<number, number>;
let ended: ClusterId[];
let terminals: Terminals;

async function start(): Promise<Terminals> {
  return createTerminals({
    folder,
    kubeconfig: { owner: async () => 'this-computer' },
    clock,
    logger: silentLogger,
    processes: {
      startOf: (pid) => running.get(pid),
      isRunning: ({ pid, start: at }: Owner) => running.get(pid) === at,
    },
    onChange: () => {},
    onEnded: (all) => ended.push(...all.map((one) => one.cluster)),
  });
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terminals-'));
  clock = heldClock();
  running = new Map([
    [10, 1],
    [11, 1],
  ]);
  ended = [];
  terminals = await start();
});
afterEach(async () => {
  terminals.close();
  await rm(folder, { recursive: true });
});

const add = (kind: 'shell' | 'env', pid: number, namespace?: string) =>
  terminals.add({ cluster, kind, pid, ...(namespace === undefined ? {} : { namespace }) }, async () => entry);
const folders = () => readdir(path.join(folder, 'terminals'));

test('its file is 0600 in a folder with mode 0700, and has the one context, which is current', async () => {
  const { id } = await add('shell', 10);
  const file = terminals.fileOf(id);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  for (const above of [path.dirname(file), path.dirname(path.dirname(file))])
    expect((await stat(above)).mode & 0o777).toBe(0o700);
  const text = await readFile(file, 'utf8');
  expect(text).toContain('current-context: "staging"');
  expect(text.match(/^- context:/gm)).toHaveLength(1);
});

test('it ends with its process, within two seconds, and its file is removed', async () => {
  const { id } = await add('shell', 10);
  await add('shell', 11);
  running.delete(10);
  clock.advance(2_000);
  await vi.waitFor(async () => expect(await folders()).toHaveLength(1));
  expect(await folders()).not.toContain(id);
  expect(terminals.list().map(({ pid }) => pid)).toEqual([11]);
  expect(ended).toEqual([cluster]);
});

test('another process with the same number is not its process', async () => {
  await add('shell', 10);
  running.set(10, 2);
  await terminals.check();
  expect(terminals.list()).toEqual([]);
  expect(await folders()).toEqual([]);
});

test('what ended while no agent ran is removed by the next one, and what lives on stays', async () => {
  await add('shell', 10);
  const stays = await add('shell', 11);
  await mkdir(path.join(folder, 'terminals', 'half-made'));
  terminals.close();
  running.delete(10);
  terminals = await start();
  await terminals.check();
  expect(terminals.list()).toEqual([stays]);
  expect(await folders()).toEqual([stays.id]);
});

test('it can end with another process: the shell that was started in it', async () => {
  const { id } = await add('shell', 10);
  await terminals.follow(id, 11);
  running.delete(10);
  await terminals.check();
  expect(terminals.list()).toMatchObject([{ id, pid: 11 }]);
  running.delete(11);
  await terminals.check();
  expect(terminals.list()).toEqual([]);
});

test('a shell that evaluates env again has the file that it had; for another namespace it has another', async () => {
  const first = await add('env', 10);
  expect((await add('env', 10)).id).toBe(first.id);
  expect((await add('env', 10, 'web')).id).not.toBe(first.id);
  expect((await add('env', 11)).id).not.toBe(first.id);
  expect(terminals.list()).toHaveLength(3);
});

test('written again, it keeps what its user changed, and has the new password', async () => {
  const { id } = await add('shell', 10);
  const file = terminals.fileOf(id);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^(\s*)user: (.*)$/m, '$1namespace: web\n$1user: $2'));
  expect(await readFile(file, 'utf8')).toContain('namespace: web');
  await terminals.renew(cluster, async () => ({
    ...entry,
    cluster: { ...entry.cluster, proxyUrl: 'socks5://k8s-tunnels:new@127.0.0.1:21000' },
  }));
  const now = await readFile(file, 'utf8');
  expect(now).toContain('k8s-tunnels:new@');
  expect(now).toMatch(/^ {4}namespace: "?web"?$/m);
  expect(now).toContain('current-context: "staging"');
});

test('where its file cannot be written there is no terminal', async () => {
  await writeFile(path.join(folder, 'terminals'), 'in the way');
  await expect(add('shell', 10)).rejects.toMatchObject({ code: 'file-unwritable' });
  expect(terminals.list()).toEqual([]);
});

test('without terminals nothing runs at intervals', async () => {
  expect(clock.timers).toBe(0);
  const { id } = await add('shell', 10);
  expect(clock.timers).toBe(1);
  await terminals.end([id]);
  expect(clock.timers).toBe(0);
});
