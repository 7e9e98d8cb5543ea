import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { eksCluster } from '../catalog/clusters.ts';
import { countCalls } from '../file-calls.ts';
import { type Rig, startRig } from './rig.ts';

const staging = eksCluster('staging', { tags: { 'k8s-tunnels-hostname': 'staging.example.com' } });
const testing = eksCluster('testing', { tags: { 'k8s-tunnels-hostname': 'testing.example.com' } });

let rig: Rig;
let name: string;
beforeEach(async () => {
  rig = await startRig(staging, testing);
  const { outcomes } = await rig.connect([staging]);
  name = outcomes[0]?.status === 'connected' ? outcomes[0].context : '';
});
afterEach(() => rig.close());

interface Config {
  clusters: { name: string; cluster: Record<string, unknown> }[];
  contexts: { name: string; context: Record<string, unknown> }[];
  users: { name: string; user: { exec: { command: string; args: string[] } } }[];
  'current-context': string;
}

/** What a program without regard for us does: it reads the file, changes it, and writes all of it. */
async function rewrite(change: (config: Config) => void): Promise<void> {
  const config = parse((await rig.text()) ?? '') as Config;
  change(config);
  await writeFile(rig.config, stringify(config));
  // Only what another program does soon after our own write looks like one that had read the file before it.
  rig.pass(20_000);
}
const read = async () => parse((await rig.text()) ?? '') as Config;
const stripProxy = () => rewrite(({ clusters }) => delete clusters[0]?.cluster['proxy-url']);

test('an entry that is as it was is not written', async () => {
  const before = await rig.text();
  await rig.connections.checkEntries();
  expect(await rig.text()).toBe(before);
  expect([rig.notices, rig.problems()]).toEqual([[], {}]);
});

test('entries that name the same program look for it once', async () => {
  await rig.connect([testing]);
  const programs = (await read()).users.map(({ user }) => user.exec.command);
  expect(programs).toHaveLength(2);
  const looks = countCalls('stat');
  await rig.connections.checkEntries();
  expect(looks.mock.calls.filter(([file]) => file === programs[0])).toHaveLength(1);
});

test('a proxy-url that another program took away is written again, and reported once', async () => {
  const before = await read();
  await stripProxy();
  await rig.connections.checkEntries();
  expect(await read()).toEqual(before);
  await rig.connections.checkEntries();
  expect(rig.notices).toEqual([expect.stringContaining('was written again')]);
  expect(rig.problems()).toEqual({});
});

test('changed again within a minute, it is left and reported, until it is connected again', async () => {
  await stripProxy();
  await rig.connections.checkEntries();
  await stripProxy();
  const left = await rig.text();
  for (let count = 0; count < 3; count += 1) {
    await rig.connections.checkEntries();
    rig.pass(61_000);
  }
  expect(await rig.text()).toBe(left);
  expect(rig.problems()).toEqual({ [staging.id]: expect.stringContaining('again') });
  expect(rig.notices).toHaveLength(2);
  await rig.connect([staging]);
  await rig.connections.checkEntries();
  expect(rig.problems()).toEqual({});
  expect((await read()).clusters[0]?.cluster['proxy-url']).toBeDefined();
});

test('changed again after a minute, it is repaired again', async () => {
  for (let count = 0; count < 2; count += 1) {
    await stripProxy();
    rig.pass(61_000);
    await rig.connections.checkEntries();
    expect((await read()).clusters[0]?.cluster['proxy-url']).toBeDefined();
  }
});

test('a cluster or a user that was deleted beside its context is written again', async () => {
  const before = await read();
  await rewrite((config) => {
    config.clusters = [];
  });
  await rig.connections.checkEntries();
  expect(await read()).toEqual(before);
  rig.pass(61_000);
  await rewrite((config) => {
    config.users = [];
  });
  await rig.connections.checkEntries();
  expect(await read()).toEqual(before);
});

test('a context that the user deleted is not put back, and the entry is reported', async () => {
  await rewrite((config) => {
    config.contexts = [];
    config['current-context'] = '';
  });
  await rig.connections.checkEntries();
  expect((await read()).contexts).toEqual([]);
  expect(rig.problems()).toEqual({ [staging.id]: expect.stringContaining('was deleted') });
  expect(rig.notices).toHaveLength(1);
});

test('an entry of an on-demand context is watched, too', async () => {
  await rig.connections.disconnect([staging.id]);
  await stripProxy();
  await rig.connections.checkEntries();
  expect((await read()).clusters[0]?.cluster['proxy-url']).toBeDefined();
});

test('a stanza of somebody else in the place of ours is not overwritten', async () => {
  const foreign = { server: 'https://somewhere.example' };
  await rewrite(({ clusters }) => {
    clusters[0] = { name, cluster: { ...foreign } };
  });
  await rig.connections.checkEntries();
  const { clusters } = await read();
  expect(clusters.find((one) => one.name === name)?.cluster).toEqual(foreign);
  expect(clusters).toHaveLength(2);
});

test('a new name of our context is no fault', async () => {
  await rewrite((config) => {
    for (const one of config.contexts) one.name = 'mine';
    config['current-context'] = 'mine';
  });
  const left = await rig.text();
  await rig.connections.checkEntries();
  expect(await rig.text()).toBe(left);
  expect(rig.problems()).toEqual({});
});

test('an entry whose program has moved gets the new one; while there is none, it is reported', async () => {
  const folder = path.dirname(rig.config);
  const program = async (at: string) => {
    await mkdir(path.dirname(at), { recursive: true });
    await writeFile(at, '#!/bin/sh\n');
    await chmod(at, 0o700);
    return at;
  };
  const old = await program(path.join(folder, 'old', 'k8s-tunnels'));
  rig.movePlugin(old);
  await rig.connect([staging]);
  await rig.connections.checkEntries();
  expect(rig.problems()).toEqual({});
  const next = path.join(folder, 'next', 'k8s-tunnels');
  await mkdir(path.dirname(next));
  await rename(old, next);
  await rig.connections.checkEntries();
  expect(rig.problems()).toEqual({ [staging.id]: expect.stringContaining(`the program ${old} is gone`) });
  rig.movePlugin(next);
  await rig.connect([staging]);
  await rig.connections.checkEntries();
  expect(rig.problems()).toEqual({});
  await rm(next);
  rig.movePlugin(await program(path.join(folder, 'third', 'k8s-tunnels')));
  await rig.connections.checkEntries();
  expect((await read()).users[0]?.user.exec.command).toContain('third');
  expect(rig.problems()).toEqual({});
});

test('because the user asks, what was changed again within a minute is repaired, and the problem is over', async () => {
  const before = await read();
  expect(await rig.connections.repairEntries()).toEqual([]);
  await stripProxy();
  await rig.connections.checkEntries();
  await stripProxy();
  await rig.connections.checkEntries();
  expect(rig.problems()).toEqual({ [staging.id]: expect.stringContaining('again') });
  expect(await rig.connections.repairEntries()).toEqual([staging.id]);
  expect(await read()).toEqual(before);
  expect(rig.problems()).toEqual({});
  // A context that the user deleted stays deleted.
  await rewrite((config) => {
    config.contexts = [];
    config['current-context'] = '';
  });
  expect(await rig.connections.repairEntries()).toEqual([]);
  expect((await read()).contexts).toEqual([]);
});
