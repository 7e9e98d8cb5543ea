import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { Agent } from '../../../main/agent/agent.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { jsonFile } from '../../../main/agent/storage/json-file.ts';
import { startAgent } from '../../support/start-agent.ts';

/**
 * The state folder as another version has written it. `state-0.1.0` is what 0.1.0 wrote; a file whose format changes gets
 * a folder of its version beside it.
 */
const fixture = path.join(import.meta.dirname, 'state-0.1.0');
const agentFolder = path.resolve(import.meta.dirname, '..', '..', '..', 'main', 'agent');
/** Settings have versions of their own (settings-file.test.ts); sessions are sealed for the computer that wrote them. */
const notHere = [
  'settings.json',
  'config.json',
  ...['azure-sign-in.json', 'google-sign-in.json', 'oidc-sign-ins.json', 'vault-sign-ins.json'],
  ...['api-proxy-authority.json', 'api-proxy-secrets.json'],
  // Caches, which the next refresh makes again.
  ...['published-catalog.json', 'published-catalog-records.json', 'runs.json', 'edits.json'],
];
/** Read when something asks for them. */
const readLater = ['aws.json', 'oidc-consents.json', 'owner.json', 'managed-organisation.json'];
const search = 'eks/111122223333/us-east-1/search-staging';

let home: string;
let state: string;
let agent: Agent | undefined;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'versions-'));
  const paths = pathsFrom(env(), 'linux');
  ({ state } = paths);
  await mkdir(state, { recursive: true, mode: 0o700 });
  await cp(fixture, state, { recursive: true });
  await mkdir(path.dirname(paths.config), { recursive: true });
  await rename(path.join(state, 'config'), paths.config);
  for (const name of await names()) await change(name, (text) => text.replaceAll('/home/ada', home));
});
afterEach(async () => {
  await agent?.close();
  agent = undefined;
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const env = () => ({
  HOME: home,
  AWS_EC2_METADATA_DISABLED: 'true',
  K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
});
const start = async () => {
  agent = await startAgent({ env: env(), paths: pathsFrom(env(), 'linux') });
  return agent;
};
const stop = async () => {
  await agent?.close();
  agent = undefined;
};
const names = async () => (await readdir(state)).filter((name) => name.endsWith('.json')).sort();
const asides = async () => (await readdir(state)).filter((name) => /^[^.].*\.json\./.test(name)).sort();
const text = (name: string) => readFile(path.join(state, name), 'utf8');
const change = async (name: string, edit: (before: string) => string) =>
  writeFile(path.join(state, name), edit(await text(name)));
const changeData = (name: string, edit: (data: never) => unknown) =>
  change(name, (before) => {
    const { version, data } = JSON.parse(before) as { version: number; data: never };
    return JSON.stringify({ version, data: edit(data) });
  });

test('there is one of every file that the agent stores', async () => {
  const sources = (await readdir(agentFolder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const named = new Set<string>();
  for (const source of sources) {
    const code = await readFile(path.join(agentFolder, source), 'utf8');
    for (const [, name = ''] of code.matchAll(/'([a-z-]+\.json)'/g)) named.add(name);
  }
  const there = [...(await names()), 'organisation.json'];
  expect([...named].filter((name) => !notHere.includes(name) && !there.includes(name))).toEqual([]);
});

test('every file that 0.1.0 wrote is read', async () => {
  const { snapshot } = await start();
  expect(snapshot()).toMatchObject({
    favourites: [search],
    sets: [{ name: 'mornings', clusters: [search, expect.any(String)] }],
    recent: [{ cluster: expect.any(String) }, { cluster: search }],
    collapsedGroups: ['account/111122223333'],
    organisation: { name: 'Acme' },
  });
  expect(await asides()).toEqual([]);
  expect(
    snapshot()
      .notices.map(({ message }) => message)
      .filter((message) => /set aside/.test(message)),
  ).toEqual([]);
});

test('a file of a newer version is set aside and reported, and is read again by that version', async () => {
  const files = (await names()).filter((name) => !readLater.includes(name));
  for (const name of files) await change(name, (before) => before.replace('"version": 1', '"version": 2'));
  const written = await Promise.all(files.map(text));
  const { snapshot, saveSet } = await start();
  // The restored connections read theirs after the start.
  await vi.waitFor(async () => expect(await asides()).toEqual(files.map((name) => `${name}.v2`)));
  expect(await Promise.all(files.map((name) => text(`${name}.v2`)))).toEqual(written);
  expect(snapshot().notices.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(
      /^Another version of k8s-tunnels wrote .*favourites\.json.* set aside as .*favourites\.json\.v2.*sets\.json\.v2.*, and is read again by the version that wrote it\.$/,
    ),
  );
  await saveSet({ name: 'evenings', clusters: [search] });
  await stop();

  const newer = (version: number) =>
    jsonFile({ file: path.join(state, 'sets.json'), version, schema: z.unknown(), onUnreadable: () => {} });
  expect(await newer(2).read()).toEqual([expect.objectContaining({ name: 'mornings' })]);
  expect(JSON.parse(await text('sets.json.v1'))).toMatchObject({ data: [{ name: 'evenings' }] });
  // And so to and fro.
  expect(await newer(1).read()).toEqual([expect.objectContaining({ name: 'evenings' })]);
  expect(await newer(2).read()).toEqual([expect.objectContaining({ name: 'mornings' })]);
  expect((await asides()).filter((name) => name.startsWith('sets'))).toEqual(['sets.json.v1']);
});

test('what an older version does not know in a list is there after it has written the list', async () => {
  const later = { cluster: 'eks/1/eu/later', place: { cwd: home, home }, status: 'later' };
  await changeData('connections.json', (data: object[]) => [...data, later]);
  await changeData('sets.json', ([set]: object[]) => [
    { ...set, colour: 'red' },
    { name: 'all', rule: 'later' },
  ]);
  await changeData('activity.json', (data: object[]) => [...data, { id: 99, at: Date.now(), kind: 'later' }]);
  const { saveSet } = await start();
  expect(await asides()).toEqual([]);
  await saveSet({ name: 'evenings', clusters: [search] });
  await stop();
  const dataOf = async (name: string) => (JSON.parse(await text(name)) as { data: unknown }).data;
  expect(await dataOf('sets.json')).toEqual([
    { name: 'all', rule: 'later' },
    expect.objectContaining({ name: 'mornings', colour: 'red' }),
    { name: 'evenings', clusters: [search] },
  ]);
  expect(await dataOf('connections.json')).toContainEqual(later);
  expect(await dataOf('activity.json')).toContainEqual(expect.objectContaining({ kind: 'later' }));
});
