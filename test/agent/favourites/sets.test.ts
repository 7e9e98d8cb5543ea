import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import { createSets, type Sets } from '../../../main/agent/favourites/sets.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { dispatch } from '../../../main/api/dispatch.ts';
import { createHandlers } from '../../../main/api/handlers.ts';
import { applyChange, stateOf } from '../../../main/model/agent-state.ts';
import type { Change } from '../../../main/model/agent-view.ts';
import { clusterId } from '../../../main/model/cluster.ts';
import type { ClusterSet } from '../../../main/model/cluster-set.ts';
import { startAgent } from '../../support/start-agent.ts';

const { signal } = new AbortController();
const badInput = expect.objectContaining({ code: 'bad-input' });
const [one, two] = ['one', 'two'].map((name) => clusterId('eks', '1', 'eu', name)) as [never, never];

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-sets-'));
});
afterEach(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

describe('sets', () => {
  let told: (readonly ClusterSet[])[];
  const open = (): Promise<Sets> =>
    createSets({ folder: home, logger: silentLogger, onChange: (list) => told.push(list) });
  beforeEach(() => {
    told = [];
  });

  it('stand by name, last over a restart, and are told', async () => {
    const sets = await open();
    await sets.save({ name: 'staging EU', clusters: [two, one, two] });
    await sets.save({ name: 'Prod', clusters: [one] });
    const list = [
      { name: 'Prod', clusters: [one] },
      { name: 'staging EU', clusters: [two, one] },
    ];
    expect(sets.list()).toEqual(list);
    expect(told.at(-1)).toEqual(list);
    expect((await open()).list()).toEqual(list);
  });

  it('take the place of one whose name differs in case only, however its letters are made up', async () => {
    const sets = await open();
    await sets.save({ name: 'r\u00e9seau', clusters: [one] });
    await sets.save({ name: 'RE\u0301SEAU', clusters: [two] });
    expect(sets.list()).toEqual([{ name: 'RE\u0301SEAU', clusters: [two] }]);
    await sets.remove('Réseau');
    await sets.remove('Réseau');
    expect(sets.list()).toEqual([]);
    expect(told).toHaveLength(3);
  });

  it('are renamed in one step, and never over a third one', async () => {
    const sets = await open();
    await sets.save({ name: 'staging', clusters: [one] });
    await sets.save({ name: 'Prod', clusters: [two] });
    await expect(sets.save({ name: 'PROD', clusters: [one], replaces: 'staging' })).rejects.toThrow(badInput);
    expect(sets.list().map(({ name }) => name)).toEqual(['Prod', 'staging']);
    await sets.save({ name: 'Staging EU', clusters: [one, two], replaces: 'STAGING' });
    await sets.save({ name: 'prod', clusters: [two], replaces: 'Prod' });
    expect((await open()).list()).toEqual([
      { name: 'prod', clusters: [two] },
      { name: 'Staging EU', clusters: [one, two] },
    ]);
  });

  it('are no more than 50; those that are there can be changed', async () => {
    const sets = await open();
    for (let at = 0; at < 50; at += 1) await sets.save({ name: `set ${at}`, clusters: [one] });
    await expect(sets.save({ name: 'one more', clusters: [one] })).rejects.toThrow(badInput);
    await sets.save({ name: 'SET 7', clusters: [two] });
    expect(sets.list()).toHaveLength(50);
  });

  it('begin anew beside a file that cannot be read, which is kept', async () => {
    const file = path.join(home, 'sets.json');
    await writeFile(file, '{"version":1,"data":[{"name":"a\\u202eb","clusters":["eks/1/eu/one"]}]}');
    expect((await open()).list()).toEqual([]);
    await expect(readFile(`${file}.unreadable`, 'utf8')).resolves.toContain('eks/1/eu/one');
  });
});

describe('the agent', () => {
  let agent: Agent;
  let start: () => Promise<Agent>;
  const call = (name: string, input: unknown) =>
    dispatch(createHandlers(agent, { quit: () => {} }), name, input, { signal });
  beforeEach(async () => {
    const env = {
      HOME: home,
      AWS_EC2_METADATA_DISABLED: 'true',
      K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
    };
    const paths = pathsFrom(env, 'linux');
    const list = path.join(home, 'clusters.yaml');
    await mkdir(paths.config, { recursive: true });
    await writeFile(
      list,
      ['a', 'b'].map((name) => `- {name: ${name}, server: "https://10.0.0.1:443"}\n`).join(''),
    );
    await writeFile(path.join(paths.config, 'settings.json'), JSON.stringify({ clusterFiles: [list] }));
    start = () => startAgent({ env, paths });
    agent = await start();
    await agent.discover();
  });
  afterEach(() => agent.close());

  test('keeps sets by identity, and tells of them', async () => {
    const before = agent.snapshot();
    const told: Change[] = [];
    agent.subscribe((change) => told.push(change));
    const clusters = before.clusters.map(({ id }) => id);
    expect(clusters).toHaveLength(2);
    const sets = [{ name: 'both', clusters }];
    const words = before.clusters.map(({ title }) => title);
    await expect(call('set-save', { name: ' both ', clusters: words })).resolves.toEqual({ sets });
    expect(agent.snapshot().sets).toEqual(sets);
    expect(told.reduce(applyChange, stateOf(before)).sets).toEqual(sets);
    await expect(call('set-remove', { name: 'BOTH' })).resolves.toEqual({ sets: [] });
    expect(told.reduce(applyChange, stateOf(before)).sets).toEqual([]);
  });

  test('keeps a cluster that is gone in a set, by its id', async () => {
    const gone = clusterId('eks', '1', 'eu', 'gone');
    const [a] = agent.snapshot().clusters;
    const sets = [{ name: 'n', clusters: [gone, a?.id] }];
    await expect(call('set-save', { name: 'n', clusters: [gone, a?.id] })).resolves.toEqual({ sets });
    await expect(call('favourite', { cluster: gone, on: false })).resolves.toEqual({ favourites: [] });
    await expect(call('favourite', { cluster: gone, on: true })).rejects.toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });

  test('remembers which groups are collapsed', async () => {
    await call('groups-collapse', { groups: ['account eks 1', 'no-tunnel', 'account eks 1'] });
    expect(agent.snapshot().collapsedGroups).toEqual(['account eks 1', 'no-tunnel']);
    await agent.close();
    agent = await start();
    expect(agent.snapshot().collapsedGroups).toEqual(['account eks 1', 'no-tunnel']);
  });

  test('has the sets of the organisation, until the user saves one of the same name', async () => {
    await writeFile(
      path.join(home, 'managed.yaml'),
      [
        'version: 1',
        'name: Acme',
        'sets:',
        '  - {name: Lab, tags: {source: FILE}}',
        '  - {name: Only b, tags: {name: b, source: file}}',
        '  - {name: Nobody, tags: {environment: moon}}',
        '  - {name: By id, clusters: [eks/1/eu/one]}',
      ].join('\n'),
    );
    await agent.close();
    agent = await start();
    const ids = agent.snapshot().clusters.map(({ id }) => id);
    const [, b] = ids;
    const organisation = true;
    const byId = { name: 'By id', clusters: [one], organisation };
    const onlyB = { name: 'Only b', clusters: [b], organisation };
    expect(agent.snapshot().sets).toEqual([byId, { name: 'Lab', clusters: ids, organisation }, onlyB]);
    await expect(call('set-remove', { name: 'lab' })).rejects.toThrow(badInput);
    await call('set-save', { name: 'LAB', clusters: ['a'] });
    expect(agent.snapshot().sets).toEqual([byId, { name: 'LAB', clusters: [ids[0]] }, onlyB]);
    await call('set-remove', { name: 'Lab' });
    expect(agent.snapshot().sets).toContainEqual({ name: 'Lab', clusters: ids, organisation });
  });

  test.each([
    ['no name', { name: ' ', clusters: ['a'] }],
    ['a name of 61 characters', { name: 'n'.repeat(61), clusters: ['a'] }],
    ['a name of two lines', { name: 'a\nb', clusters: ['a'] }],
    ['a name that is turned around', { name: 'a\u202eb', clusters: ['a'] }],
    ['no clusters', { name: 'n', clusters: [] }],
    ['51 clusters', { name: 'n', clusters: Array.from({ length: 51 }, () => 'a') }],
  ])('refuses %s', async (_, input) => {
    await expect(call('set-save', input)).rejects.toThrow(badInput);
    expect(agent.snapshot().sets).toEqual([]);
  });

  test('refuses a cluster that it does not know', async () => {
    const unknown = expect.objectContaining({ code: 'not-found' });
    await expect(call('set-save', { name: 'n', clusters: ['a', 'nowhere'] })).rejects.toThrow(unknown);
    expect(agent.snapshot().sets).toEqual([]);
  });
});
