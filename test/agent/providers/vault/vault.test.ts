import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Environment, silentLogger, systemClock } from '../../../../main/agent/parts.ts';
import { readVaultCredential } from '../../../../main/agent/providers/vault/credential.ts';
import { createVaultSessions } from '../../../../main/agent/providers/vault/sessions.ts';
import type { Cluster } from '../../../../main/model/cluster.ts';
import { credentialsOf } from '../../credentials/credentials-of.ts';
import { type Clouds, discoverOnce, resultAt, startClouds } from '../../discovery/clouds.ts';
import { signInFile } from '../../logins/rig.ts';

let clouds: Clouds;
let account: string;
beforeEach(async () => {
  clouds = await startClouds();
  account = `${new URL(clouds.vault.url).host}/clusters`;
});
afterEach(() => clouds.close());

describe('the mount of the plan', () => {
  test('every secret is found, with what it takes to log in but nothing of it', async () => {
    const { clusters, results, planned } = await discoverOnce(clouds.onPrem());
    expect(clusters.map(({ name }) => name).sort()).toEqual(['depot-berlin', 'depot-lyon']);
    expect(planned).toBe(results.length);
    expect(clusters.find(({ name }) => name === 'depot-berlin')).toMatchObject({
      id: `vault/${encodeURIComponent(account)}/edge/depot-berlin`,
      region: 'edge',
      server: 'https://k8s.depot-berlin.acme.internal:6443',
      environment: 'edge',
      reach: { kind: 'tunnel', hostname: 'depot-berlin.k8s.acme.example', origin: 'tcp' },
      credential: {
        kind: 'vault',
        address: clouds.vault.url,
        mount: 'clusters',
        path: 'edge/depot-berlin',
        holds: 'token',
      },
    });
    expect(clusters.find(({ name }) => name === 'depot-lyon')?.credential).toMatchObject({
      holds: 'client-certificate',
    });
    const authority = Buffer.from(clusters[0]?.certificateAuthorityData ?? '', 'base64').toString();
    expect(authority).toMatch(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\n$/);
    const text = JSON.stringify(results);
    for (const secret of [
      'the-token-in-vault',
      clouds.vault.token,
      clouds.client.key.split('\n')[1] ?? '?',
    ]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(4, -4));
    }
  });

  test('a folder is a cell: the empty one is listed, the denied one says what to ask for', async () => {
    const { results } = await discoverOnce(clouds.onPrem());
    expect(results.map(({ cell }) => cell.region).sort()).toEqual(['/', 'attic', 'edge', 'secretive']);
    expect(resultAt(results, account, '/')).toEqual({ kind: 'listed', clusters: [] });
    expect(resultAt(results, account, 'attic')).toEqual({ kind: 'listed', clusters: [] });
    expect(resultAt(results, account, 'secretive')).toMatchObject({
      kind: 'failed',
      error: {
        code: 'vault-denied',
        message: expect.stringContaining('clusters/metadata/secretive/'),
        hint: expect.stringContaining('"list"'),
        retryable: false,
      },
    });
  });

  test('one request a folder and one a secret', async () => {
    await discoverOnce(clouds.onPrem());
    expect(clouds.traffic.count('vault', 'kv-v2-list')).toBe(4);
    expect(clouds.traffic.count('vault', 'kv-v2-read')).toBe(2);
    expect(clouds.traffic.count('vault')).toBe(6);
  });

  test('what is known is read without waiting for the lists', async () => {
    const { clusters } = await discoverOnce(clouds.onPrem());
    clouds.traffic.reset();
    clouds.traffic.inject({ service: 'vault', operation: 'kv-v2-list', does: { kind: 'deny' } });
    await discoverOnce(clouds.onPrem(), clusters);
    expect(clouds.traffic.count('vault', 'kv-v2-read')).toBe(2);
  });

  test('folders within folders, and names that need encoding', async () => {
    const [berlin] = clouds.plan.vault.secrets;
    if (berlin === undefined) throw new Error('the plan has no secret');
    clouds.plan.vault.secrets.push({ ...berlin, path: 'edge/far north/50% off/hut', name: 'hut' });
    clouds.plan.vault.secrets.push({ ...berlin, path: 'top', name: 'top' });
    const { clusters } = await discoverOnce(clouds.onPrem());
    expect(clusters.map(({ region, name }) => `${region} ${name}`).sort()).toEqual([
      '/ top',
      'edge depot-berlin',
      'edge depot-lyon',
      'edge/far north/50% off hut',
    ]);
  });

  test('a folder that is gone is told as empty', async () => {
    const { clusters } = await discoverOnce(clouds.onPrem());
    clouds.plan.vault.secrets.length = 0;
    const { results } = await discoverOnce(clouds.onPrem(), clusters);
    expect(resultAt(results, account, 'edge')).toEqual({ kind: 'listed', clusters: [] });
  });

  test('where the root is denied the folders that are known say for themselves', async () => {
    const { clusters } = await discoverOnce(clouds.onPrem());
    clouds.traffic.inject({ service: 'vault', operation: 'kv-v2-list', does: { kind: 'deny' } });
    const { results } = await discoverOnce(clouds.onPrem(), clusters);
    expect(results.map(({ cell }) => cell.region).sort()).toEqual(['/', 'edge']);
    expect(resultAt(results, account, 'edge')).toMatchObject({
      error: { code: 'vault-denied', message: expect.stringContaining('clusters/metadata/edge/') },
    });
  });

  test('a secret that may not be read stands there with what to ask for, known before it stays, stale', async () => {
    const { clusters: known } = await discoverOnce(clouds.onPrem());
    clouds.traffic.inject({ service: 'vault', scope: 'data/edge/depot-lyon', does: { kind: 'deny' } });
    const { results } = await discoverOnce(clouds.onPrem());
    expect(resultAt(results, account, 'edge')).toMatchObject({
      kind: 'listed',
      clusters: [
        { name: 'depot-berlin', reach: { kind: 'tunnel' } },
        {
          name: 'depot-lyon',
          reach: {
            kind: 'none',
            reason: expect.stringContaining('"read" on path "clusters/data/edge/depot-lyon"'),
          },
        },
      ],
    });
    const again = await discoverOnce(clouds.onPrem(), known);
    const before = known.find(({ name }) => name === 'depot-lyon');
    expect(again.clusters.find(({ name }) => name === 'depot-lyon')).toEqual({ ...before, stale: true });
  });

  test('a rate limit that passes is waited out, a dropped connection tried again', async () => {
    for (const does of [{ kind: 'throttle' }, { kind: 'drop' }] as const) {
      clouds.traffic.inject({ service: 'vault', operation: 'kv-v2-read', times: 1, does });
      expect((await discoverOnce(clouds.onPrem())).clusters).toHaveLength(2);
    }
  });

  test('a server that fails is told by the folder, and may recover', async () => {
    clouds.traffic.inject({ service: 'vault', scope: 'metadata/edge', does: { kind: 'error' } });
    const { results } = await discoverOnce(clouds.onPrem());
    expect(resultAt(results, account, 'edge')).toMatchObject({
      error: { code: 'vault-failed', retryable: true },
    });
  });
});

describe('what a secret may hold', () => {
  const server = 'https://k8s.example.internal:6443';
  const write = (content: Record<string, unknown>) =>
    clouds.vault.writeSecret(
      'edge/depot-berlin',
      content as unknown as Parameters<typeof clouds.vault.writeSecret>[1],
    );
  const berlin = async () =>
    (await discoverOnce(clouds.onPrem())).clusters.find(({ name }) => name === 'depot-berlin');

  test('plain PEM is taken as well as its base64', async () => {
    const before = await berlin();
    const pem = Buffer.from(before?.certificateAuthorityData ?? '', 'base64').toString();
    await write({ server, 'certificate-authority-data': pem, token: 'x' });
    expect(await berlin()).toMatchObject({
      server,
      certificateAuthorityData: before?.certificateAuthorityData,
      tagProblems: [],
    });
  });

  test('an authority that is none is a problem', async () => {
    await write({ server, 'certificate-authority-data': 'bm90IGEgY2VydGlmaWNhdGU=', token: 'x' });
    const cluster = await berlin();
    expect(cluster?.tagProblems).toEqual([expect.objectContaining({ key: 'certificate-authority-data' })]);
    expect(cluster).not.toHaveProperty('certificateAuthorityData');
  });

  test.each([
    undefined,
    'http://k8s.example.internal',
    'https://root:hunter2@k8s.example.internal',
    'nonsense',
    7,
  ])('the server %j leaves no way to it, and says what to set', async (value) => {
    await write({ server: value, token: 'x' });
    const cluster = await berlin();
    expect(cluster).toMatchObject({
      server: '',
      reach: { kind: 'none', reason: expect.stringContaining('server') },
    });
    expect(JSON.stringify(cluster)).not.toContain('hunter2');
  });

  test('nothing to log in with is a cluster without a credential', async () => {
    await write({ server, 'client-certificate-data': 'only half' });
    expect(await berlin()).not.toHaveProperty('credential');
  });

  test('a secret that is about something else is none', async () => {
    const secret = clouds.plan.vault.secrets[0];
    if (secret === undefined) throw new Error('the plan has no secret');
    secret.customMetadata = {};
    await write({ password: 'x' });
    expect(await berlin()).toBeUndefined();
  });
});

describe('logging in', () => {
  const codes = async (env: Environment, mounts?: readonly string[]) =>
    (await discoverOnce(clouds.onPrem({ env, ...(mounts === undefined ? {} : { mounts }) }))).results.map(
      ({ cell, outcome }) => [cell.region, outcome.kind === 'failed' ? outcome.error.code : outcome.kind],
    );

  test('without VAULT_ADDR there is nothing to read', async () => {
    expect(await codes({ ...clouds.env, VAULT_ADDR: '' })).toEqual([]);
    expect(clouds.traffic.count()).toBe(0);
  });

  test('without a token the known folders and the root fail, with the command to run', async () => {
    const { clusters } = await discoverOnce(clouds.onPrem());
    await rm(path.join(clouds.home, '.vault-token'));
    const { results } = await discoverOnce(clouds.onPrem(), clusters);
    expect(results.map(({ cell }) => cell.region)).toEqual(['/', 'edge']);
    expect(resultAt(results, account, '/')).toMatchObject({
      error: { code: 'vault-no-token', hint: expect.stringContaining('vault login') },
    });
  });

  test('VAULT_TOKEN comes before the file', async () => {
    await writeFile(path.join(clouds.home, '.vault-token'), 'stale');
    expect((await codes({ ...clouds.env, VAULT_TOKEN: clouds.vault.token })).length).toBe(4);
  });

  test('a token that has ended is told apart from a policy', async () => {
    clouds.vault.revokeToken();
    expect(await codes(clouds.env)).toEqual([['/', 'vault-no-token']]);
    const poor = clouds.vault.issueToken({ policies: ['default'], ttl: 60 });
    expect(await codes({ ...clouds.env, VAULT_TOKEN: poor })).toEqual([['/', 'vault-denied']]);
  });

  test('a mount that is not there names the setting', async () => {
    const token = clouds.vault.issueToken({ policies: ['root'], ttl: 60 });
    const env = { ...clouds.env, VAULT_TOKEN: token };
    const { results } = await discoverOnce(clouds.onPrem({ env, mounts: ['elsewhere'] }));
    expect(results.map(({ outcome }) => outcome)).toEqual([
      {
        kind: 'failed',
        error: expect.objectContaining({ code: 'not-found', hint: expect.stringContaining('vaultMounts') }),
      },
    ]);
  });

  test('several mounts are read at once, slashes around do not count', async () => {
    const result = await codes(clouds.env, ['/clusters/', 'elsewhere']);
    expect(result).toHaveLength(5);
    expect(result).toContainEqual(['/', 'vault-denied']);
  });

  test('an address that is none, and one where nobody answers', async () => {
    expect(await codes({ ...clouds.env, VAULT_ADDR: 'vault.example.com' })).toEqual([['/', 'vault-failed']]);
    expect(await codes({ ...clouds.env, VAULT_ADDR: 'http://127.0.0.1:1' })).toEqual([
      ['/', 'network-unreachable'],
    ]);
  });
});

test('VAULT_NAMESPACE is sent, and tells cells apart', async () => {
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers['x-vault-namespace']);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...clouds.env, VAULT_ADDR: `http://${host}`, VAULT_NAMESPACE: 'team/a/' };
  const { results } = await discoverOnce(clouds.onPrem({ env }));
  expect(results.map(({ cell }) => cell.account)).toEqual([`${host}/team/a/clusters`]);
  expect(new Set(seen)).toEqual(new Set(['team/a/']));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('more mounts', () => {
  const castle = {
    path: 'old/castle',
    name: 'castle',
    server: 'https://castle:6443',
    customMetadata: { 'k8s-tunnels-hostname': 'castle.example.com' },
    holds: 'token',
  } as const;
  const add = (mount: Partial<Clouds['plan']['vault']['others'][number]>) =>
    clouds.plan.vault.others.push({
      namespace: '',
      mount: 'kv',
      version: 1,
      secrets: [castle],
      emptyFolders: [],
      deniedFolders: [],
      ...mount,
    });

  test('one of version 1 is read too: its tags stand in the secret', async () => {
    add({ deniedFolders: ['cellar'] });
    const { clusters, results } = await discoverOnce(clouds.onPrem({ mounts: ['kv'] }));
    expect(clusters).toEqual([
      expect.objectContaining({
        name: 'castle',
        region: 'old',
        server: 'https://castle:6443',
        reach: { kind: 'tunnel', hostname: 'castle.example.com', origin: 'socks' },
        credential: expect.objectContaining({ mount: 'kv', path: 'old/castle', version: 1, holds: 'token' }),
        tagProblems: [],
      }),
    ]);
    expect(results.map(({ cell }) => cell.region).sort()).toEqual(['/', 'cellar', 'old']);
    expect(JSON.stringify(clusters)).not.toContain('the-token-in-vault');
  });

  test('what is known of version 1 is read as such, ahead of the lists', async () => {
    add({});
    const { clusters } = await discoverOnce(clouds.onPrem({ mounts: ['kv'] }));
    clouds.traffic.reset();
    const again = await discoverOnce(clouds.onPrem({ mounts: ['kv'] }), clusters);
    expect(again.clusters).toHaveLength(1);
    expect(clouds.traffic.count('vault', 'kv-v1-list')).toBe(2);
    expect(clouds.traffic.count('vault', 'kv-v1-read')).toBe(1);
    expect(clouds.traffic.count('vault')).toBe(3);
  });

  test('one that was upgraded is read as what it is now', async () => {
    add({});
    const { clusters } = await discoverOnce(clouds.onPrem({ mounts: ['kv'] }));
    const [mount] = clouds.plan.vault.others;
    if (mount === undefined) throw new Error('no mount');
    mount.version = 2;
    const again = await discoverOnce(clouds.onPrem({ mounts: ['kv'] }), clusters);
    expect(again.clusters).toEqual([
      expect.objectContaining({ name: 'castle', credential: expect.objectContaining({ version: 2 }) }),
    ]);
    const [before] = clusters;
    if (before?.credential?.kind !== 'vault') throw new Error('no credential');
    const { env, home, network } = clouds;
    const credential = await readVaultCredential({
      source: before.credential,
      env,
      home,
      network,
      clock: systemClock,
    });
    expect(credential).toEqual({ kind: 'token', token: 'the-token-in-vault' });
  });

  test('one in a namespace of its own, and mounts below each other', async () => {
    add({ namespace: 'team/a', mount: 'kv', version: 2 });
    add({
      namespace: 'team/a',
      mount: 'kv/deep',
      version: 1,
      secrets: [{ ...castle, path: 'tower', name: 'tower' }],
    });
    const host = new URL(clouds.vault.url).host;
    const mounts = ['clusters', '/team/a/:kv', 'team/a:/kv/deep/'];
    const { clusters } = await discoverOnce(clouds.onPrem({ mounts }));
    expect(clusters.map(({ account: where, name }) => `${where} ${name}`).sort()).toEqual([
      `${host}/clusters depot-berlin`,
      `${host}/clusters depot-lyon`,
      `${host}/team/a/kv castle`,
      `${host}/team/a/kv/deep tower`,
    ]);
    const tower = clusters.find(({ name }) => name === 'tower')?.credential;
    if (tower?.kind !== 'vault') throw new Error('no credential');
    expect(tower).toMatchObject({ namespace: 'team/a', mount: 'kv/deep', version: 1 });
    const { env, home, network } = clouds;
    const parts = { env, home, network, clock: systemClock };
    expect(await readVaultCredential({ ...parts, source: tower })).toMatchObject({ kind: 'token' });
    // VAULT_NAMESPACE counts for those that name none.
    const inside = { ...env, VAULT_NAMESPACE: 'team/a' };
    const other = await discoverOnce(clouds.onPrem({ env: inside, mounts: ['kv', ':clusters'] }));
    expect(other.clusters.map(({ name }) => name).sort()).toEqual(['castle', 'depot-berlin', 'depot-lyon']);
  });
});

const kubeconfigOf = (user: string) => `
apiVersion: v1
kind: Config
current-context: b
contexts:
  - { name: a, context: { cluster: a, user: a } }
  - { name: b, context: { cluster: b, user: b } }
clusters:
  - { name: a, cluster: { server: 'https://a:6443' } }
  - { name: b, cluster: { server: 'https://b:6443', tls-server-name: kubernetes } }
users:
  - { name: a, user: { token: not-this-one } }
  - { name: b, user: ${user} }
`;

const write = async (content: Record<string, unknown>) => {
  await clouds.vault.writeSecret(
    'edge/depot-berlin',
    content as unknown as Parameters<typeof clouds.vault.writeSecret>[1],
  );
  const { clusters } = await discoverOnce(clouds.onPrem());
  const berlin = clusters.find(({ name }) => name === 'depot-berlin');
  if (berlin === undefined) throw new Error('no cluster');
  return berlin;
};

describe('people’s own sign-ins (OpenID Connect)', () => {
  const server = 'https://own:6443';
  const fields = { 'oidc-issuer-url': 'https://id.acme.example/realms/k8s', 'oidc-client-id': 'kubernetes' };
  const issuer = { kind: 'oidc', issuer: fields['oidc-issuer-url'], clientId: 'kubernetes' };

  test('by the fields of the secret', async () => {
    expect(await write({ server, ...fields })).toMatchObject({ credential: issuer, tagProblems: [] });
    const more = { 'oidc-extra-scopes': 'openid, groups email', 'oidc-redirect-port': 8000 };
    expect((await write({ server, ...fields, ...more })).credential).toEqual({
      ...issuer,
      scopes: ['groups', 'email'],
      port: 8000,
    });
  });

  test('a token that the secret holds itself comes first, one of its kubeconfig does not', async () => {
    expect((await write({ server, ...fields, token: 'held' })).credential).toMatchObject({ holds: 'token' });
    const kubeconfig = kubeconfigOf("{ token: 'held' }");
    expect((await write({ kubeconfig, ...fields })).credential).toEqual(issuer);
  });

  const execOf = (command: string, ...args: readonly string[]) =>
    JSON.stringify({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args } });
  const [url, id] = [`--oidc-issuer-url=${issuer.issuer}`, '--oidc-client-id=kubernetes'];

  test.each([
    [
      execOf('kubectl', 'oidc-login', 'get-token', url, id),
      // Where its application sends the browser back to.
      { ...issuer, scopes: [], port: 8000 },
    ],
    [
      execOf(
        'kubectl',
        'oidc-login',
        'get-token',
        ...['--oidc-issuer-url', issuer.issuer, '--oidc-use-pkce', '--oidc-client-id', 'kubernetes'],
        ...['--oidc-extra-scope=groups,email', '--oidc-extra-scope', 'offline_access'],
        '--listen-address=127.0.0.1:18000',
      ),
      { ...issuer, scopes: ['groups', 'email', 'offline_access'], port: 18000 },
    ],
    [execOf('C:\\bin\\kubelogin.exe', 'get-token', url, id), { ...issuer, scopes: [], port: 8000 }],
    [
      JSON.stringify({
        'auth-provider': {
          name: 'oidc',
          config: { 'idp-issuer-url': issuer.issuer, 'client-id': 'kubernetes', 'refresh-token': 'hunter2' },
        },
      }),
      issuer,
    ],
  ])('by the user of a whole kubeconfig: %s', async (user, expected) => {
    const berlin = await write({ kubeconfig: kubeconfigOf(user) });
    expect(berlin.credential).toEqual(expected);
    expect(berlin.tagProblems).toEqual([]);
    expect(JSON.stringify(berlin)).not.toContain('hunter2');
  });

  test.each([
    execOf('kubectl', 'oidc-login', 'get-token', url, id, '--grant-type=password'),
    execOf('kubectl', 'oidc-login', 'setup', url, id),
    // Of the same name, for Azure.
    execOf('kubelogin', 'get-token', '--server-id', 'x', '--login', 'azurecli'),
    execOf('aws-iam-authenticator', 'token', url, id),
  ])('not by another plugin: %s', async (user) => {
    const berlin = await write({ kubeconfig: kubeconfigOf(user) });
    expect(berlin).toMatchObject({ tagProblems: [] });
    expect(berlin.credential).toBeUndefined();
  });

  test.each([
    [{ 'oidc-issuer-url': issuer.issuer }, 'oidc-client-id of the secret is missing.'],
    [{ 'oidc-client-id': 'kubernetes' }, 'oidc-issuer-url of the secret is missing.'],
    [{ ...fields, 'oidc-issuer-url': 'http://id.acme.example' }, 'oidc-issuer-url of the secret must be'],
    [{ ...fields, 'oidc-issuer-url': 'https://a:hunter2@id.acme.example' }, 'oidc-issuer-url of the secret'],
    [{ ...fields, 'oidc-issuer-url': 'https://id.acme.example/?hunter2' }, 'oidc-issuer-url of the secret'],
    [{ ...fields, 'oidc-client-id': 7 }, 'oidc-client-id of the secret must be text.'],
    [{ ...fields, 'oidc-client-id': '\u001b[2J' }, 'oidc-client-id of the secret must be text of printable'],
    [{ ...fields, 'oidc-extra-scopes': 'a"b' }, 'oidc-extra-scopes of the secret must be a list of scopes.'],
    [{ ...fields, 'oidc-redirect-port': 'hunter2' }, 'oidc-redirect-port of the secret must be the number'],
    [
      { kubeconfig: kubeconfigOf(execOf('kubelogin', 'get-token', url, id, '--oidc-client-secret=hunter2')) },
      'signs in with a client secret',
    ],
    [{ kubeconfig: kubeconfigOf(execOf('kubelogin', 'get-token', url)) }, 'no usable client id'],
    [
      { kubeconfig: kubeconfigOf('{ auth-provider: { name: oidc, config: { client-id: a } } }') },
      'no usable issuer url',
    ],
  ])('what is wrong is told: %j', async (content, message) => {
    const berlin = await write({ server, ...content });
    expect(berlin.tagProblems).toMatchObject([{ message: expect.stringContaining(message) }]);
    expect(berlin.credential).toBeUndefined();
    expect(JSON.stringify(berlin)).not.toContain('hunter2');
  });
});

describe('a whole kubeconfig in the secret', () => {
  const kubeconfig = kubeconfigOf;
  const read = ({ credential }: Cluster) => {
    const { env, home, network } = clouds;
    if (credential?.kind !== 'vault') throw new Error('no credential');
    return readVaultCredential({ source: credential, env, home, network, clock: systemClock });
  };

  test('server and user are those of its current context', async () => {
    const berlin = await write({ kubeconfig: kubeconfig("{ token: 'held' }") });
    expect(berlin).toMatchObject({
      server: 'https://b:6443',
      serverName: 'kubernetes',
      reach: { kind: 'tunnel', hostname: 'depot-berlin.k8s.acme.example' },
      credential: { holds: 'token' },
      tagProblems: [],
    });
    expect(JSON.stringify(berlin)).not.toContain('held');
    expect(await read(berlin)).toEqual({ kind: 'token', token: 'held' });
  });

  test('in base64 too; what the secret says itself comes first', async () => {
    const { certificate, key } = clouds.client;
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const user = `{ client-certificate-data: ${base64(certificate)}, client-key-data: ${base64(key)} }`;
    const berlin = await write({ kubeconfig: base64(kubeconfig(user)), server: 'https://own:6443' });
    expect(berlin).toMatchObject({ server: 'https://own:6443', credential: { holds: 'client-certificate' } });
    expect(await read(berlin)).toMatchObject({
      kind: 'client-certificate',
      certificate: `${certificate.trim()}\n`,
    });
  });

  test('one that cannot be read is a problem of the cluster, and stays out of it', async () => {
    for (const broken of [
      'clusters: [hunter2',
      'clusters: hunter2',
      kubeconfig('{}').replace('context: b', 'context: hunter2'),
    ]) {
      const berlin = await write({ kubeconfig: broken });
      expect(berlin).toMatchObject({ tagProblems: [{ key: 'kubeconfig' }], reach: { kind: 'none' } });
      expect(JSON.stringify(berlin)).not.toContain('hunter2');
    }
  });
});

test('a standby that sends one to the active server is followed there', async () => {
  const server = createServer((request, response) => {
    response.writeHead(307, { location: `${clouds.vault.url}${request.url}` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const env = { ...clouds.env, VAULT_ADDR: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  expect((await discoverOnce(clouds.onPrem({ env }))).clusters).toHaveLength(2);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('further servers', () => {
  /** Another Vault, or the same one by another name, has a token of its own only when one has logged in there. */
  const byName = () => clouds.vault.url.replace('127.0.0.1', 'localhost');
  /** As after a login there. */
  const signedIn = async (address: string) => {
    const file = signInFile(path.join(clouds.home, 'vault-sign-ins.json'));
    const sessions = createVaultSessions({ file, logger: silentLogger });
    await sessions.storeFor(new URL(address)).store(clouds.vault.token);
    return sessions;
  };

  test('are read beside that of VAULT_ADDR, each its mounts in its namespace', async () => {
    const { mount: _, namespace: __, ...place } = { ...clouds.plan.vault, others: [] };
    clouds.plan.vault.others.push({ ...place, mount: 'edge', namespace: 'team' });
    const { clusters } = await discoverOnce(
      clouds.onPrem({
        servers: [{ address: byName(), namespace: 'team', mounts: ['edge'] }],
        sessions: await signedIn(byName()),
      }),
    );
    const { host } = new URL(byName());
    expect([...new Set(clusters.map((cluster) => cluster.account))].sort()).toEqual(
      [account, `${host}/team/edge`].sort(),
    );
    expect(clusters.find((cluster) => cluster.account !== account)?.credential).toMatchObject({
      address: byName(),
      namespace: 'team',
      mount: 'edge',
    });
  });

  test('are read where there is no VAULT_ADDR, and its namespace does not count there', async () => {
    const { VAULT_ADDR: _, ...env } = clouds.env;
    const { clusters } = await discoverOnce(
      clouds.onPrem({
        env: { ...env, VAULT_NAMESPACE: 'elsewhere' },
        servers: [{ address: clouds.vault.url, mounts: ['clusters'] }],
        sessions: await signedIn(clouds.vault.url),
      }),
    );
    expect(clusters.map(({ name }) => name).sort()).toEqual(['depot-berlin', 'depot-lyon']);
  });

  test('that lead where VAULT_ADDR leads are read once', async () => {
    await discoverOnce(clouds.onPrem());
    const once = clouds.traffic.count('vault');
    clouds.traffic.reset();
    await discoverOnce(clouds.onPrem({ servers: [{ address: clouds.vault.url, mounts: ['clusters'] }] }));
    expect(clouds.traffic.count('vault')).toBe(once);
  });

  test('one that does not answer fails alone', async () => {
    const { results, clusters } = await discoverOnce(
      clouds.onPrem({ servers: [{ address: 'http://127.0.0.1:9', mounts: ['clusters'] }] }),
    );
    expect(clusters).toHaveLength(2);
    expect(resultAt(results, '127.0.0.1:9/clusters', '/')).toMatchObject({ kind: 'failed' });
  });

  test('give the credentials of their clusters, and see no token where they are not named any more', async () => {
    const { VAULT_ADDR: _, ...env } = clouds.env;
    const servers = [
      { address: 'http://127.0.0.1:9', mounts: ['clusters'] },
      { address: byName(), mounts: ['clusters'] },
    ];
    const sessions = await signedIn(byName());
    const { clusters } = await discoverOnce(clouds.onPrem({ env, servers, sessions }));
    const berlin = clusters.find(({ name }) => name === 'depot-berlin');
    if (berlin === undefined) throw new Error('no depot-berlin');
    const { network, home } = clouds;
    const credentials = (own: Environment, named: typeof servers) =>
      credentialsOf({
        clock: systemClock,
        network,
        env: own,
        home,
        aws: clouds.ways(),
        servers: named,
        sessions,
      }).get(berlin);
    const own = { ...env, VAULT_ADDR: 'https://vault.example.com', VAULT_NAMESPACE: 'elsewhere' };
    expect(await credentials(own, servers)).toMatchObject({ kind: 'token', token: 'the-token-in-vault' });
    await expect(credentials(own, [])).rejects.toMatchObject({ code: 'credential-failed' });
  });
});
