import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodeVault from 'node-vault';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultPlan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';
import { writeVaultHome } from '../world/vault/home.ts';
import type { SecretData } from '../world/vault/secrets.ts';
import { startVault, type Vault } from '../world/vault/server.ts';

const content = (server: string, token: string): SecretData => ({
  server,
  'certificate-authority-data': Buffer.from('PEM of the authority').toString('base64'),
  token,
});

let traffic: Traffic;
let vault: Vault;

beforeEach(async () => {
  traffic = new Traffic();
  vault = await startVault({
    plan: defaultPlan,
    traffic,
    secretFor: (secret) => content(secret.server, `first of ${secret.name}`),
  });
});

afterEach(() => vault.close());

function client(token = vault.token) {
  return nodeVault({ endpoint: vault.url, token, noCustomHTTPVerbs: true });
}

const answered = (statusCode: number, errors: readonly string[]) => ({
  response: { statusCode, body: { errors } },
});
const denied = answered(403, ['1 error occurred:\n\t* permission denied\n\n']);
const invalidToken = answered(403, ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n']);

test('folders are listed down to the secrets', async () => {
  const { data } = await client().list('clusters/metadata');
  expect(data.keys).toEqual(['attic/', 'edge/', 'secretive/']);
  for (const path of ['clusters/metadata/edge', 'clusters/metadata/edge/']) {
    expect((await client().list(path)).data.keys).toEqual(['depot-berlin', 'depot-lyon']);
  }
  expect(traffic.served.map(({ operation, scope }) => `${operation} ${scope}`)).toEqual([
    'kv-v2-list clusters/metadata',
    'kv-v2-list clusters/metadata/edge',
    'kv-v2-list clusters/metadata/edge/',
  ]);
});

test('an empty folder is a 404 as one that is not there, a denied one a 403', async () => {
  await expect(client().list('clusters/metadata/attic')).rejects.toMatchObject(answered(404, []));
  await expect(client().list('clusters/metadata/nowhere')).rejects.toMatchObject(answered(404, []));
  await expect(client().list('clusters/metadata/secretive')).rejects.toMatchObject(denied);
  await expect(client().read('clusters/data/secretive/any')).rejects.toMatchObject(denied);
});

test('metadata holds the tags, data the credential', async () => {
  const metadata = await client().read('clusters/metadata/edge/depot-lyon');
  expect(metadata.data).toMatchObject({
    current_version: 1,
    custom_metadata: {
      'k8s-tunnels-hostname': 'depot-lyon.k8s.acme.example',
      'k8s-tunnels-origin': 'tcp',
    },
    versions: { 1: { destroyed: false, deletion_time: '' } },
  });
  const secret = await client().read('clusters/data/edge/depot-lyon');
  expect(secret.data.data).toEqual(
    content('https://k8s.depot-lyon.acme.internal:6443', 'first of depot-lyon'),
  );
  expect(secret.data.metadata).toMatchObject({
    version: 1,
    custom_metadata: metadata.data.custom_metadata,
  });
  await expect(client().read('clusters/data/edge/nowhere')).rejects.toMatchObject(answered(404, []));
});

test('a rotated secret is a new version', async () => {
  await vault.writeSecret('edge/depot-lyon', content('https://k8s.depot-lyon.acme.internal:6443', 'second'));
  const [metadata, current, first] = await Promise.all([
    client().read('clusters/metadata/edge/depot-lyon'),
    client().read('clusters/data/edge/depot-lyon'),
    client().read('clusters/data/edge/depot-lyon?version=1'),
  ]);
  expect(metadata.data.current_version).toBe(2);
  expect(current.data).toMatchObject({ data: { token: 'second' }, metadata: { version: 2 } });
  expect(first.data).toMatchObject({ data: { token: 'first of depot-lyon' }, metadata: { version: 1 } });
  await expect(client().read('clusters/data/edge/depot-lyon?version=3')).rejects.toMatchObject(
    answered(404, []),
  );
});

test('the mount tells its version, a path of version 1 is answered with a warning', async () => {
  const { data } = await client().read('sys/internal/ui/mounts/clusters');
  expect(data).toMatchObject({ type: 'kv', path: 'clusters/', options: { version: '2' } });
  await expect(client().read('sys/internal/ui/mounts/other')).rejects.toMatchObject(
    answered(403, [
      'preflight capability check returned 403, please ensure client\'s policies grant access to path "other/"',
    ]),
  );
  await expect(client().read('clusters/edge/depot-lyon')).rejects.toMatchObject({
    response: { statusCode: 404, body: { warnings: [expect.stringContaining('Invalid path')] } },
  });
});

test('a token tells its policies and holds until it is revoked or ends', async () => {
  const { data } = await client().tokenLookupSelf();
  expect(data).toMatchObject({
    id: vault.token,
    policies: ['clusters-reader', 'default'],
    type: 'service',
  });
  expect(data.ttl).toBeGreaterThan(0);
  expect(data.ttl).toBeLessThanOrEqual(data.creation_ttl);

  const other = vault.issueToken({ policies: ['default'], ttl: 3600 });
  expect((await client(other).tokenLookupSelf()).data.policies).toEqual(['default']);
  await expect(client(other).list('clusters/metadata')).rejects.toMatchObject(denied);

  const ended = vault.issueToken({ policies: ['clusters-reader'], ttl: -1 });
  await expect(client(ended).tokenLookupSelf()).rejects.toMatchObject(invalidToken);
  vault.revokeToken();
  await expect(client().list('clusters/metadata')).rejects.toMatchObject(invalidToken);
  const response = await fetch(`${vault.url}/v1/clusters/metadata?list=true`);
  expect([response.status, await response.json()]).toEqual([403, { errors: ['permission denied'] }]);
});

test('health needs no token', async () => {
  const response = await fetch(`${vault.url}/v1/sys/health`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ initialized: true, sealed: false, standby: false });
});

test('faults are acted out as Vault words them', async () => {
  const list = () => client().list('clusters/metadata/edge');
  const next = (does: Parameters<Traffic['inject']>[0]['does']) =>
    traffic.inject({ service: 'vault', operation: 'kv-v2-list', times: 1, does });

  next({ kind: 'throttle', retryAfterSeconds: 2 });
  const throttled = await fetch(`${vault.url}/v1/clusters/metadata/edge?list=true`, {
    headers: { 'x-vault-token': vault.token },
  });
  expect([throttled.status, throttled.headers.get('retry-after'), await throttled.json()]).toEqual([
    429,
    '2',
    { errors: ['request path "clusters/metadata/edge": rate limit quota exceeded'] },
  ]);
  next({ kind: 'error' });
  await expect(list()).rejects.toMatchObject(answered(500, ['1 error occurred:\n\t* internal error\n\n']));
  next({ kind: 'deny' });
  await expect(list()).rejects.toMatchObject(denied);
  next({ kind: 'drop' });
  await expect(list()).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect((await list()).data.keys).toHaveLength(2);
});

test('the home folder holds the token that the client reads', async () => {
  const home = await mkdtemp(join(tmpdir(), 'world-vault-'));
  const env = await writeVaultHome({ home, url: vault.url, token: vault.token });
  const token = await readFile(join(home, '.vault-token'), 'utf8');
  const reader = nodeVault({ endpoint: env.VAULT_ADDR ?? '', token, noCustomHTTPVerbs: true });
  expect((await reader.list('clusters/metadata/edge')).data.keys).toHaveLength(2);
  await rm(home, { recursive: true });
});
