import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Environment } from '../../../../main/agent/parts.ts';
import { systemClock } from '../../../../main/agent/parts.ts';
import { skipVerifyRule } from '../../../../main/agent/providers/vault/skip-verify.ts';
import { createVaultSource } from '../../../../main/agent/providers/vault/vault.ts';
import { organisationSchema } from '../../../../main/model/organisation.ts';
import { type Authority, createAuthority } from '../../../world/authority.ts';
import { startVault, type Vault } from '../../../world/vault/server.ts';
import { type Clouds, discoverOnce, startClouds } from '../../discovery/clouds.ts';

/** A Vault whose certificate is signed by an authority that nothing else trusts. */

let clouds: Clouds;
let authority: Authority;
let vault: Vault;
let pem: string;
beforeEach(async () => {
  clouds = await startClouds();
  authority = await createAuthority('the authority of Vault');
  vault = await startVault({
    plan: clouds.plan,
    traffic: clouds.traffic,
    secretFor: ({ server }) => ({ server, 'certificate-authority-data': '', token: 'x' }),
    secure: await authority.issueServer(['127.0.0.1', 'vault.internal']),
  });
  pem = path.join(clouds.home, 'vault-ca.pem');
  await writeFile(pem, authority.certificate);
});
afterEach(async () => {
  await vault.close();
  await clouds.close();
});

const discover = async (
  env: Environment,
  skipVerify?: Parameters<typeof createVaultSource>[0]['skipVerify'],
) => {
  const { home, network } = clouds;
  const found = await discoverOnce(
    createVaultSource({
      env: { ...clouds.env, VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token, ...env },
      home,
      network,
      clock: systemClock,
      mounts: ['clusters'],
      skipVerify,
    }),
  );
  const [first] = found.results.map(({ outcome }) => outcome);
  return {
    names: found.clusters.map(({ name }) => name).sort(),
    error: first?.kind === 'failed' ? first.error : undefined,
  };
};
const both = ['depot-berlin', 'depot-lyon'];

test('without its authority the certificate is refused, and the message names the variable', async () => {
  expect((await discover({})).error).toMatchObject({
    code: 'network-untrusted',
    hint: expect.stringContaining('VAULT_CACERT'),
  });
});

test.each([
  ['VAULT_CACERT', () => pem],
  ['VAULT_CACERT_BYTES', () => authority.certificate],
  ['VAULT_CAPATH', () => path.join(clouds.home, 'authorities')],
])('%s', async (variable, value) => {
  await mkdir(path.join(clouds.home, 'authorities'));
  await writeFile(path.join(clouds.home, 'authorities', 'one.pem'), authority.certificate);
  expect((await discover({ [variable]: value() })).names).toEqual(both);
});

test('VAULT_CACERT is the only authority then, as for the vault command', async () => {
  const other = await createAuthority('another authority');
  await writeFile(pem, other.certificate);
  const { error } = await discover({ VAULT_CACERT: pem });
  expect(error).toMatchObject({ code: 'network-untrusted' });
});

test.each([
  ['a file that is not there', { VAULT_CACERT: '/nowhere/ca.pem' }, 'file-unreadable'],
  ['a folder that is not there', { VAULT_CAPATH: '/nowhere' }, 'file-unreadable'],
  ['text without a certificate', { VAULT_CACERT_BYTES: 'none' }, 'bad-input'],
  ['a certificate without its key', { VAULT_CLIENT_CERT: '/x' }, 'bad-input'],
])('%s is named with its variable', async (_what, env, code) => {
  const { error } = await discover(env);
  expect(error).toMatchObject({ code, message: expect.stringContaining(Object.keys(env)[0] ?? '?') });
});

test('VAULT_TLS_SERVER_NAME is the name that the certificate must have', async () => {
  const env = { VAULT_CACERT: pem, VAULT_TLS_SERVER_NAME: 'vault.internal' };
  expect((await discover(env)).names).toEqual(both);
  expect((await discover({ ...env, VAULT_TLS_SERVER_NAME: 'other.internal' })).error).toMatchObject({
    code: 'network-untrusted',
  });
});

describe('VAULT_SKIP_VERIFY', () => {
  const organisation = (skipVerify?: boolean) =>
    organisationSchema.parse({ version: 1, name: 'Acme', sources: { vault: { skipVerify } } });

  test.each(['1', 'true', 'T'])('%s reads it, with a warning once', async (value) => {
    const warnings: string[] = [];
    const rule = skipVerifyRule(
      () => organisation(),
      (text) => void warnings.push(text),
    );
    expect((await discover({ VAULT_SKIP_VERIFY: value }, rule)).names).toEqual(both);
    await discover({ VAULT_SKIP_VERIFY: value }, rule);
    expect(warnings).toEqual([
      expect.stringMatching(/VAULT_SKIP_VERIFY is set: the certificate of .* is not checked.*VAULT_CACERT/),
    ]);
  });

  test.each(['0', 'false', ''])('%j does not switch the check off', async (value) => {
    expect((await discover({ VAULT_SKIP_VERIFY: value })).error).toMatchObject({ code: 'network-untrusted' });
  });

  test('is refused where the organisation forbids it', async () => {
    const warnings: string[] = [];
    const rule = skipVerifyRule(
      () => organisation(false),
      (text) => void warnings.push(text),
    );
    expect((await discover({ VAULT_SKIP_VERIFY: '1' }, rule)).error).toMatchObject({
      code: 'network-untrusted',
    });
    expect(warnings).toEqual([expect.stringMatching(/^Acme does not allow VAULT_SKIP_VERIFY.*VAULT_CACERT/)]);
  });
});
