import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger, systemClock } from '../../../../main/agent/parts.ts';
import { createOidcConsents } from '../../../../main/agent/providers/oidc/consents.ts';
import { type Cluster, clusterId } from '../../../../main/model/cluster.ts';

const credential = { kind: 'oidc', issuer: 'https://sso.acme.example', clientId: 'kubernetes' } as const;
const pem = (text: string) => Buffer.from(`-----BEGIN CERTIFICATE-----\n${text}\n`).toString('base64');
const mill: Cluster = {
  id: clusterId('vault', 'vault.acme.example/clusters', 'edge', 'mill'),
  source: 'vault',
  account: 'vault.acme.example/clusters',
  region: 'edge',
  name: 'mill',
  title: 'mill',
  server: 'https://k8s.mill.acme.internal:6443',
  certificateAuthorityData: pem('mill'),
  reach: { kind: 'tunnel', hostname: 'mill.k8s.acme.example', origin: 'tcp' },
  credential,
  tagProblems: [],
  seenAt: 0,
  stale: false,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'consents-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = () =>
  createOidcConsents({ folder, clock: systemClock, logger: silentLogger, issuers: () => [credential] });
const allow = async (cluster: Cluster = mill, consents = open()) => {
  const consent = await consents.view(cluster);
  if (consent === undefined) throw new Error('takes no id token');
  return consents.allow(cluster, consent.digest);
};

test('no API server receives an id token before it is allowed, and then until it is revoked', async () => {
  const refusal = {
    code: 'consent-needed',
    message:
      'You have not allowed mill (https://k8s.mill.acme.internal:6443) to receive your id token of sso.acme.example.',
    hint: `Run \`k8s-tunnels login oidc --allow ${mill.id}\` to see what it is and allow it.`,
  };
  await expect(open().check(mill)).rejects.toMatchObject(refusal);
  expect(await allow()).toMatchObject({ allowed: true });
  // The next start remembers it.
  await expect(open().check(mill)).resolves.toBeUndefined();
  const file = path.join(folder, 'oidc-consents.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).not.toContain('CERTIFICATE');
  expect(await open().servers(credential)).toEqual([mill.server]);
  expect(await open().revoke(credential)).toEqual([mill.server]);
  await expect(open().check(mill)).rejects.toMatchObject(refusal);
});

test.each([
  ['another server', { server: 'https://k8s.evil.example:6443' }],
  ['another port', { server: 'https://k8s.mill.acme.internal:6444' }],
  ['another authority', { certificateAuthorityData: pem('evil') }],
  ['no authority of its own', { certificateAuthorityData: undefined }],
  ['another name in the certificate', { serverName: 'k8s.evil.example' }],
  ['another issuer', { credential: { ...credential, issuer: 'https://sso.evil.example' } }],
  ['another client', { credential: { ...credential, clientId: 'payroll' } }],
])('%s is not what was allowed', async (_, more) => {
  await allow();
  await expect(open().check({ ...mill, ...more } as Cluster)).rejects.toMatchObject({
    code: 'consent-needed',
  });
});

test('the consent names the web application that receives the token in the place of the API server', async () => {
  await allow();
  const web: Cluster = { ...mill, reach: { kind: 'tunnel', hostname: 'mill.evil.example', origin: 'https' } };
  await expect(open().check(web)).rejects.toMatchObject({
    code: 'consent-needed',
    message: expect.stringContaining('https://mill.evil.example'),
  });
});

test('the server that kubectl names counts, not the one that is known by now', async () => {
  await allow();
  const consents = open();
  await expect(consents.check(mill, mill)).resolves.toBeUndefined();
  await expect(
    consents.check(mill, { server: mill.server, certificateAuthorityData: pem('evil') }),
  ).rejects.toMatchObject({ code: 'consent-needed', message: expect.stringContaining('has changed') });
});

test('what was shown is allowed, and nothing that has taken its place', async () => {
  const consents = open();
  const shown = await consents.view(mill);
  const swapped = { ...mill, certificateAuthorityData: pem('evil') };
  await expect(consents.allow(swapped, shown?.digest ?? '')).rejects.toMatchObject({ code: 'bad-input' });
  expect(await consents.servers(credential)).toEqual([]);
});

test('a cluster with other credentials needs none', async () => {
  const other: Cluster = { ...mill, credential: { kind: 'gke' } };
  expect(await open().view(other)).toBeUndefined();
  await expect(open().check(other)).resolves.toBeUndefined();
});
