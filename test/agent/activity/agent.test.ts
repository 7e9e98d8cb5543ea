import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { type Client, connectAgent } from '../../../main/api/socket/client.ts';
import type { ActivityEntry } from '../../../main/model/activity-entry.ts';
import { type Home, makeHome } from '../../cli/run-cli.ts';
import { serveAgent } from '../../cli/served-agent.ts';

/** The real agent's journal, over its real socket. */

let home: Home;
let served: Awaited<ReturnType<typeof serveAgent>>;
let client: Client;
/** What was told as it happened. */
let told: ActivityEntry[];
const list = () => path.join(home.paths.home, 'clusters.yaml');
const kubeconfig = () => path.join(home.paths.home, '.kube', 'config');

async function start() {
  served = await serveAgent({ env: home.env, paths: home.paths });
  const reached = await connectAgent({ path: home.paths.socket, state: home.paths.state });
  if (reached === undefined) throw new Error('no agent answers');
  client = reached;
  told = [];
  await client.subscribe((change) => {
    if (change.kind === 'activity') told.push(change.entry);
  });
}

async function stop() {
  client.close();
  await served.close();
}

/** `bare` is reached with no tunnel, `shut` where nobody listens. */
const writeList = (...names: readonly string[]) =>
  writeFile(
    list(),
    names
      .map((name) => {
        const tags = name === 'shut' ? ', tags: {connector: direct}' : '';
        return `- {name: ${name}, server: "https://127.0.0.1:9"${tags}}\n`;
      })
      .join(''),
  );

beforeEach(async () => {
  home = await makeHome();
  trustAuthorities({ env: home.env });
  await writeList('bare', 'shut');
  await start();
});
afterEach(async () => {
  await stop();
  await home.remove();
});

const activity = async (input: { since?: number; limit?: number } = {}) =>
  (await client.call('activity', input)).entries;
const until = (kind: ActivityEntry['kind']) =>
  vi.waitFor(
    () => {
      const found = told.findLast((entry) => entry.kind === kind);
      if (found === undefined) throw new Error(`no ${kind} in ${JSON.stringify(told)}`);
      return found;
    },
    { timeout: 10_000, interval: 10 },
  );

test('what happens is told as it happens, is answered when asked for, and survives the agent', async () => {
  await client.call('settings-set', { clusterFiles: [list()], catalogMaxAgeMinutes: 90 });
  expect(await until('settings')).toMatchObject({ names: ['catalogMaxAgeMinutes', 'clusterFiles'] });
  await client.call('discover', {});
  expect(await until('discovery')).toMatchObject({
    clusters: 2,
    added: { count: 2, titles: ['bare', 'shut'] },
    gone: { count: 0, titles: [] },
  });
  await writeList('shut');
  await client.call('discover', {});
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ gone: { count: 1, titles: ['bare'] } }));

  await mkdir(path.dirname(kubeconfig()), { recursive: true });
  await writeFile(
    kubeconfig(),
    'apiVersion: v1\nkind: Config\ncontexts: [{name: mine, context: {}}]\nclusters: []\nusers: []\ncurrent-context: mine\n',
  );
  expect(await until('kubectl')).toMatchObject({ context: 'mine' });

  const entries = await activity();
  // The agent has read every place by itself before anybody listened.
  expect(await activity({ since: (told[0]?.id ?? 0) - 1 })).toEqual(told.toReversed());
  expect(await activity({ since: entries[1]?.id ?? 0 })).toEqual(entries.slice(0, 1));
  expect(await activity({ limit: 2 })).toEqual(entries.slice(0, 2));
  await stop();
  const file = path.join(home.paths.state, 'activity.json');
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ data: entries.toReversed() });
  await start();
  expect((await activity()).slice(-entries.length)).toEqual(entries);
  expect(JSON.stringify(await client.call('snapshot', {}))).not.toContain('"activity"');
});

test('a cluster that could not be opened is in the journal and in its own history, with why', async () => {
  await client.call('settings-set', { clusterFiles: [list()] });
  await client.call('discover', {});
  const { clusters } = await client.call('snapshot', {});
  const idOf = (title: string) => {
    const found = clusters.find((one) => one.title === title);
    if (found === undefined) throw new Error(`no cluster ${title}`);
    return found.id;
  };
  await client.call('connect', { clusters: ['bare', 'shut'] });
  const failures = (await activity()).filter(({ kind }) => kind === 'failed');
  expect(failures).toMatchObject([
    { cluster: idOf('bare'), title: 'bare', failure: { error: { code: 'no-tunnel' } } },
    {
      cluster: idOf('shut'),
      title: 'shut',
      failure: { stage: expect.any(String), mender: expect.any(String) },
    },
  ]);
  const history = await client.call('history', { cluster: idOf('shut') });
  expect(history.failures).toEqual([failures[1]]);
  expect(history.samples).toMatchObject([{ at: expect.any(Number) }]);
  expect(history.samples[0]).not.toHaveProperty('ms');
  expect(history).not.toHaveProperty('entry');
  expect((await client.call('history', { cluster: idOf('bare') })).failures).toEqual([failures[0]]);
});

test.each([
  ['activity', { limit: 0 }],
  ['activity', { limit: 501 }],
  ['activity', { since: -1 }],
  ['activity', { since: 'all' }],
  ['history', {}],
  ['history', { cluster: '../etc/passwd' }],
])('%s refuses %j', async (name, input) => {
  await expect(client.call(name as 'activity', input as never)).rejects.toMatchObject({ code: 'bad-input' });
});

test('of a cluster that nobody knows there is no past', async () => {
  const unknown = { cluster: 'eks/1/eu-west-1/none' as never };
  expect(await client.call('history', unknown)).toEqual({ samples: [], failures: [] });
});

test('an agent whose journal cannot be read starts all the same', async () => {
  await stop();
  const file = path.join(home.paths.state, 'activity.json');
  await rm(file, { force: true });
  await mkdir(file);
  await start();
  await client.call('settings-set', { keepEntries: false });
  await until('settings');
  // The refresh of the start is an event too, where the agent before ended first.
  const kinds = (await activity()).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind !== 'discovery')).toEqual(['settings']);
});
