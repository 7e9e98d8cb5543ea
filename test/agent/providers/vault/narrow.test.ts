import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import { readVaultCredential } from '../../../../main/agent/providers/vault/credential.ts';
import { type Clouds, discoverOnce, resultAt, startClouds } from '../../discovery/clouds.ts';

/** Policies that allow a part of a mount, as an organisation with one mount for many teams has them. */

let clouds: Clouds;
let host: string;
beforeEach(async () => {
  clouds = await startClouds();
  host = new URL(clouds.vault.url).host;
});
afterEach(() => clouds.close());

const envWith = (paths: readonly string[]) => ({
  ...clouds.env,
  VAULT_TOKEN: clouds.vault.issueToken({ policies: ['default'], ttl: 3600, paths }),
});
const discover = (paths: readonly string[], mount: string, known: Parameters<typeof discoverOnce>[1] = []) =>
  discoverOnce(clouds.onPrem({ env: envWith(paths), mounts: [mount] }), known);

const own = { path: 'team-a/castle', name: 'castle', server: 'https://castle:6443', holds: 'token' } as const;
const shared = (version: 1 | 2, mount = 'shared') =>
  clouds.plan.vault.others.push({
    namespace: '',
    mount,
    version,
    secrets: [
      { ...own, customMetadata: { 'k8s-tunnels-hostname': 'castle.example.com' } },
      { ...own, path: 'team-b/other', name: 'other', customMetadata: {} },
    ],
    emptyFolders: [],
    deniedFolders: [],
  });

test('a folder of a shared mount is read with a policy for that folder alone', async () => {
  shared(2);
  const { clusters, results } = await discover(
    ['shared/metadata/team-a/*', 'shared/data/team-a/*'],
    'shared/team-a',
  );
  expect(results.map(({ cell }) => [cell.account, cell.region])).toEqual([[`${host}/shared/team-a`, '/']]);
  expect(clusters).toMatchObject([
    { name: 'castle', credential: { mount: 'shared', path: 'team-a/castle', version: 2 } },
  ]);
  const credential = clusters[0]?.credential;
  if (credential?.kind !== 'vault') throw new Error('no credential');
  const { home, network } = clouds;
  const env = envWith(['shared/data/team-a/*']);
  expect(
    await readVaultCredential({ source: credential, env, home, network, clock: systemClock }),
  ).toMatchObject({ kind: 'token', token: 'the-token-in-vault' });
});

test('what is known of it is read again in one round trip, without a question for the mount', async () => {
  shared(2);
  const paths = ['shared/metadata/team-a/*', 'shared/data/team-a/*'];
  const { clusters } = await discover(paths, 'shared/team-a');
  clouds.traffic.reset();
  expect((await discover(paths, 'shared/team-a', clusters)).clusters).toHaveLength(1);
  expect(clouds.traffic.count('vault', 'internal-ui-read-mount-information')).toBe(0);
  expect(clouds.traffic.count('vault')).toBe(2);
});

test('a mount whose own path holds a slash is a mount', async () => {
  shared(2, 'shared/team-a');
  const { clusters } = await discover(['shared/team-a/metadata/*', 'shared/team-a/data/*'], 'shared/team-a');
  expect(clusters.map(({ credential }) => credential)).toMatchObject([
    { mount: 'shared/team-a', path: 'team-a/castle' },
    { mount: 'shared/team-a', path: 'team-b/other' },
  ]);
});

test.each([
  ['its own paths', 'kv', ['kv/', 'kv/team-a/*'], 'team-a'],
  ['a folder of it', 'kv/team-a', ['kv/team-a/*'], '/'],
])('KV version 1 with a policy for %s', async (_what, setting, paths, region) => {
  shared(1, 'kv');
  const { clusters } = await discover(paths, setting);
  expect(clusters.find(({ name }) => name === 'castle')).toMatchObject({
    region,
    credential: { mount: 'kv', path: 'team-a/castle', version: 1 },
  });
});

test('a policy for a folder, with the whole mount in the settings, names the setting that reads the folder', async () => {
  shared(2);
  const { results } = await discover(['shared/metadata/team-a/*', 'shared/data/team-a/*'], 'shared');
  expect(resultAt(results, `${host}/shared`, '/')).toMatchObject({
    kind: 'failed',
    error: {
      code: 'vault-denied',
      message: expect.stringContaining('list shared/metadata/'),
      hint: expect.stringContaining('vaultMounts: shared/FOLDER'),
    },
  });
});
