import { X509Certificate } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Credentials } from '../../../../main/agent/credentials/credentials.ts';
import { silentLogger, systemClock } from '../../../../main/agent/parts.ts';
import { createAws } from '../../../../main/agent/providers/aws/aws.ts';
import type { Cluster } from '../../../../main/model/cluster.ts';
import { aksApplication } from '../../../world/azure/aks-resource.ts';
import { credentialsOf } from '../../credentials/credentials-of.ts';
import { discoverOnce } from '../../discovery/clouds.ts';
import { type AzureCloud, startAzureCloud } from './cloud.ts';

const partner = '0b0b0b0b-1111-4222-8333-444455556666';

let cloud: AzureCloud;
let clusters: readonly Cluster[];
let credentials: Credentials;
beforeEach(async () => {
  cloud = await startAzureCloud();
  ({ clusters } = await discoverOnce(cloud.aks()));
  const { env, home, network } = cloud;
  const parts = { clock: systemClock, network, env, home };
  const aws = createAws({ ...parts, logger: silentLogger, folder: home });
  credentials = credentialsOf({ ...parts, aws });
  cloud.traffic.reset();
});
afterEach(() => cloud.close());

const get = (name: string) => {
  const cluster = clusters.find((one) => one.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return credentials.get(cluster);
};

test("a token of the cluster's own tenant for the AKS server application", async () => {
  const credential = await get('partner-edge');
  if (credential.kind !== 'token') throw new Error('not a token');
  expect(await cloud.azure.tokens.verify(credential.token, aksApplication)).toMatchObject({
    tenant: partner,
    name: 'ada@acme.example',
  });
  expect(credential.expiresAt).toBeGreaterThan(Date.now() + 50 * 60_000);
  expect(credential.identity).toMatchObject({
    used: 'Azure account ada@acme.example',
    others: [],
    grants: expect.stringMatching(/Azure Kubernetes Service RBAC Reader.*role binding/),
    choose: expect.stringContaining('k8s-tunnels accounts'),
  });
  expect(await get('partner-edge')).toBe(credential);
  expect(cloud.traffic.count('entra', 'token')).toBe(1);
  expect(cloud.traffic.count('arm')).toBe(0);
});

test('the client certificate that AKS gives out where people are not known to the cluster', async () => {
  const credential = await get('loyalty-prod');
  if (credential.kind !== 'client-certificate') throw new Error('not a certificate');
  expect(new X509Certificate(credential.certificate).subject).toContain('masterclient');
  expect(credential.key).toContain('PRIVATE KEY');
});

test('an ended sign-in, a missing one and a missing right each say what to do', async () => {
  cloud.plan.azure.deniedSubscriptions.push('1c1c1c1c-0001-4000-8000-00000000a001');
  await expect(get('loyalty-prod')).rejects.toMatchObject({ code: 'azure-denied' });
  cloud.azure.tokens.endRefreshes();
  await expect(get('partner-edge')).rejects.toMatchObject({
    code: 'azure-session-expired',
    hint: `Run \`k8s-tunnels login azure ${partner}\`, or \`az login --tenant ${partner}\`.`,
  });
  await rm(path.join(cloud.home, '.azure'), { recursive: true });
  await expect(get('loyalty-prod')).rejects.toMatchObject({
    code: 'azure-session-expired',
    hint: 'Run `k8s-tunnels login azure`, or `az login`.',
  });
  await cloud.signIn();
  expect(await get('partner-edge')).toMatchObject({ kind: 'token' });
});

test('an Azure CLI that hangs ends with its name and what it last wrote', async () => {
  // Its tokens cannot be read, so that it is run.
  await writeFile(path.join(cloud.home, '.azure', 'msal_token_cache.json'), 'encrypted');
  const bin = path.join(cloud.home, 'bin');
  await mkdir(bin);
  await writeFile(path.join(bin, 'az'), '#!/bin/sh\necho "Waiting for the keyring" >&2\nsleep 600\n', {
    mode: 0o755,
  });
  cloud.env.PATH = `${bin}${path.delimiter}${cloud.env.PATH}`;
  cloud.env.K8S_TUNNELS_PROGRAM_LIMIT_SECONDS = '1';
  await expect(get('partner-edge')).rejects.toMatchObject({
    code: 'azure-failed',
    message: expect.stringMatching(
      /`az account get-access-token` did not end within 1 s.*last wrote "Waiting for the keyring"/,
    ),
  });
});
