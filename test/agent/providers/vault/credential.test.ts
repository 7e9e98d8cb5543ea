import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Environment, systemClock } from '../../../../main/agent/parts.ts';
import { readVaultCredential } from '../../../../main/agent/providers/vault/credential.ts';
import type { CredentialSource } from '../../../../main/model/cluster.ts';
import { type Clouds, discoverOnce, startClouds } from '../../discovery/clouds.ts';

let clouds: Clouds;
let sources: Record<string, Extract<CredentialSource, { kind: 'vault' }>>;
beforeEach(async () => {
  clouds = await startClouds();
  const { clusters } = await discoverOnce(clouds.onPrem());
  sources = Object.fromEntries(
    clusters.flatMap(({ name, credential }) => (credential?.kind === 'vault' ? [[name, credential]] : [])),
  );
});
afterEach(() => clouds.close());

const read = (name: string, env: Environment = clouds.env) => {
  const source = sources[name];
  if (source === undefined) throw new Error(`no source ${name}`);
  return readVaultCredential({ source, env, home: clouds.home, network: clouds.network, clock: systemClock });
};

test('a token', async () => {
  expect(await read('depot-berlin')).toEqual({ kind: 'token', token: 'the-token-in-vault' });
});

test('a client certificate and its key, as PEM', async () => {
  const credential = await read('depot-lyon');
  if (credential.kind !== 'client-certificate') throw new Error('not a certificate');
  expect(new X509Certificate(credential.certificate).subject).toContain('depot-admin');
  expect(credential.key.trim()).toBe(clouds.client.key.trim());
});

test('a rotated secret is read anew', async () => {
  await clouds.vault.writeSecret('edge/depot-berlin', {
    server: 'https://x',
    'certificate-authority-data': '',
    token: 'the-next-token',
  });
  expect(await read('depot-berlin')).toEqual({ kind: 'token', token: 'the-next-token' });
});

test('a secret that is gone, denied, or read with a token that has ended', async () => {
  clouds.traffic.inject({ service: 'vault', operation: 'kv-v2-read', times: 1, does: { kind: 'deny' } });
  await expect(read('depot-berlin')).rejects.toMatchObject({
    code: 'vault-denied',
    message: expect.stringContaining('clusters/data/edge/depot-berlin'),
  });
  clouds.plan.vault.secrets.length = 0;
  await expect(read('depot-berlin')).rejects.toMatchObject({ code: 'credential-failed' });
  clouds.vault.revokeToken();
  await expect(read('depot-berlin')).rejects.toMatchObject({
    code: 'vault-no-token',
    hint: expect.stringContaining('vault login'),
  });
});

test('an expired token is named with its cure, whether the vault command keeps it or VAULT_TOKEN', async () => {
  const ended = clouds.vault.issueToken({ policies: ['clusters-reader'], ttl: -1 });
  await expect(read('depot-berlin', { ...clouds.env, VAULT_TOKEN: ended })).rejects.toMatchObject({
    code: 'vault-no-token',
    message: expect.stringMatching(/does not accept the token of VAULT_TOKEN: it has expired or was revoked/),
    hint: expect.stringMatching(/^Set VAULT_TOKEN to a new token, or unset it .*k8s-tunnels quit/),
  });
  clouds.vault.revokeToken();
  await expect(read('depot-berlin')).rejects.toMatchObject({
    message: expect.stringMatching(/does not accept your token: it has expired or was revoked/),
    hint: expect.stringContaining('k8s-tunnels login vault'),
  });
});

test('a secret with nothing to log in with', async () => {
  await clouds.vault.writeSecret('edge/depot-berlin', {
    server: 'https://x',
    'certificate-authority-data': '',
    'client-certificate-data': 'not a certificate',
    'client-key-data': 'hunter2',
  });
  const failure: unknown = await read('depot-berlin').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'credential-failed',
    message: expect.stringContaining('edge/depot-berlin'),
  });
  expect(String(failure)).not.toContain('hunter2');
});

test('the token of another Vault is not shown to this one', async () => {
  clouds.traffic.reset();
  await expect(
    read('depot-berlin', { ...clouds.env, VAULT_ADDR: 'https://other.example.com' }),
  ).rejects.toMatchObject({ code: 'credential-failed' });
  expect(clouds.traffic.count()).toBe(0);
});
