import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { SubscriptionClient } from '@azure/arm-resources-subscriptions';
import { ClientSecretCredential } from '@azure/identity';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ConnectProxy, startProxy } from '../world/access/proxy.ts';
import { type Authority, createAuthority } from '../world/authority.ts';
import { aksApplication } from '../world/azure/aks-resource.ts';
import { installAz, writeAzureHome } from '../world/azure/home.ts';
import { type Azure, startAzure } from '../world/azure/server.ts';
import { aksHost, defaultPlan, type Plan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';

// The JavaScript SDKs, which know nothing of the world but a proxy and an authority.

const acme = '0a0a0a0a-1111-4222-8333-444455556666';
const partner = '0b0b0b0b-1111-4222-8333-444455556666';
const retail = '1c1c1c1c-0001-4000-8000-00000000a001';
const manager = 'https://management.azure.com/.default';

let plan: Plan;
let traffic: Traffic;
let azure: Azure;
let authority: Authority;
let proxy: ConnectProxy;
const trusted = tls.getCACertificates('default');

beforeEach(async () => {
  const fleet = Array.from({ length: 250 }, (_, index) => ({
    subscription: retail,
    resourceGroup: 'Fleet',
    location: 'uksouth',
    name: `fleet-${String(index).padStart(3, '0')}`,
    tags: {},
    entra: true,
  }));
  plan = { ...defaultPlan, azure: { ...defaultPlan.azure, aks: [...defaultPlan.azure.aks, ...fleet] } };
  traffic = new Traffic();
  authority = await createAuthority('World Root CA');
  azure = await startAzure({
    plan,
    traffic,
    authority,
    kubeFacts: {
      certificateAuthorityFor: () => authority.certificate,
      clientFor: () => authority.issueClient('masterclient', ['system:masters']),
    },
  });
  tls.setDefaultCACertificates([authority.certificate]);
  proxy = await startProxy({ traffic, edgePort: 0, hosts: [], others: azure.hosts });
});
afterEach(async () => {
  tls.setDefaultCACertificates([...trusted]);
  await Promise.all([azure.close(), proxy.close()]);
});

const options = () => ({
  proxyOptions: { host: 'http://127.0.0.1', port: proxy.port },
  retryOptions: { maxRetries: 2, retryDelayInMs: 1 },
});
const credential = (secret = plan.azure.application.secret) =>
  new ClientSecretCredential(acme, plan.azure.application.id, secret, options());
const graph = () => new ResourceGraphClient(credential(), options());
const clusters = (subscription = retail) => new ContainerServiceClient(credential(), subscription, options());

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('Microsoft Entra', () => {
  test('gives an application tokens of its own tenant', async () => {
    const { token, expiresOnTimestamp } = await credential().getToken(`${aksApplication}/.default`);
    expect(expiresOnTimestamp).toBeGreaterThan(Date.now() + 50 * 60_000);
    expect(await azure.tokens.verify(token, aksApplication)).toMatchObject({
      tenant: acme,
      name: plan.azure.application.id,
    });
    expect(await azure.tokens.verify(token, 'https://management.azure.com')).toBeUndefined();
    expect(await azure.tokens.verify(`${token}x`, aksApplication)).toBeUndefined();
  });

  test('refuses a wrong secret, another tenant and one that is not there', async () => {
    await expect(credential('guess').getToken(manager)).rejects.toMatchObject({
      message: expect.stringContaining('AADSTS7000215'),
    });
    for (const [tenant, code] of [
      [partner, 'AADSTS700016'],
      ['0c0c0c0c-1111-4222-8333-444455556666', 'AADSTS90002'],
    ] as const) {
      const { id, secret } = plan.azure.application;
      await expect(
        new ClientSecretCredential(tenant, id, secret, options()).getToken(manager),
      ).rejects.toMatchObject({ message: expect.stringContaining(code) });
    }
  });
});

describe('Azure Resource Manager', () => {
  test('shows an application its tenant and the subscriptions in it', async () => {
    const client = new SubscriptionClient(credential(), options());
    const tenants = await collect(client.tenants.list());
    expect(tenants.map(({ tenantId }) => tenantId)).toEqual([acme]);
    const subscriptions = await collect(client.subscriptions.list());
    expect(subscriptions.map(({ displayName }) => displayName)).toEqual(['Retail', 'Laboratory']);
  });

  test('lists the clusters of a subscription in pages of 100', async () => {
    const found = await collect(clusters().managedClusters.list());
    expect(found).toHaveLength(252);
    expect(traffic.count('arm', 'managedClusters')).toBe(3);
    const [first] = plan.azure.aks;
    expect(found[0]).toMatchObject({
      location: 'westeurope',
      fqdn: first && aksHost(first),
      kubernetesVersion: '1.32',
      provisioningState: 'Succeeded',
      aadProfile: { managed: true, tenantID: acme },
      tags: first?.tags,
    });
  });

  test('gives out the kubeconfig of a cluster, with a login by Entra or a client certificate', async () => {
    const kubeconfig = async (group: string, name: string) => {
      const answer = await clusters().managedClusters.listClusterUserCredentials(group, name, {
        format: 'exec',
      });
      return parse(Buffer.from(answer.kubeconfigs?.[0]?.value ?? []).toString());
    };
    const entra = await kubeconfig('loyalty-staging', 'loyalty-staging');
    expect(entra.users[0].user.exec).toMatchObject({ command: 'kubelogin' });
    expect(entra.users[0].user.exec.args).toEqual(expect.arrayContaining([aksApplication, acme]));
    expect(Buffer.from(entra.clusters[0].cluster['certificate-authority-data'], 'base64').toString()).toBe(
      authority.certificate,
    );
    const local = await kubeconfig('Loyalty-Prod', 'loyalty-prod');
    expect(Object.keys(local.users[0].user)).toEqual(['client-certificate-data', 'client-key-data']);
    await expect(kubeconfig('Loyalty-Prod', 'nowhere')).rejects.toMatchObject({
      statusCode: 404,
      code: 'ResourceNotFound',
    });
  });

  test('refuses a caller without the right, a subscription of another tenant, and a token for something else', async () => {
    const list = (client: ContainerServiceClient) => collect(client.managedClusters.list());
    traffic.inject({ service: 'arm', operation: 'managedClusters', times: 1, does: { kind: 'deny' } });
    await expect(list(clusters())).rejects.toMatchObject({ statusCode: 403, code: 'AuthorizationFailed' });
    await expect(list(clusters('1c1c1c1c-0003-4000-8000-00000000b001'))).rejects.toMatchObject({
      statusCode: 404,
      code: 'SubscriptionNotFound',
    });
    const other = { credentials: { scopes: [`${aksApplication}/.default`] } };
    await expect(
      list(new ContainerServiceClient(credential(), retail, { ...options(), ...other })),
    ).rejects.toMatchObject({ statusCode: 401, code: 'InvalidAuthenticationToken' });
  });

  test('challenges a token that was withdrawn, which a new one answers', async () => {
    const client = clusters();
    await collect(client.managedClusters.list());
    azure.tokens.challenge(acme);
    expect(await collect(client.managedClusters.list())).toHaveLength(252);
    expect(traffic.count('entra', 'token')).toBe(2);
  });
});

describe('Resource Graph', () => {
  const query = `resources
| where type =~ 'Microsoft.ContainerService/managedClusters'
| project id, name, host = properties.fqdn
| order by name asc`;

  test('answers a query in pages as long as the ids are among the columns', async () => {
    const first = await graph().resources({ query, options: { top: 200, resultFormat: 'objectArray' } });
    expect(first).toMatchObject({ totalRecords: 253, count: 200, resultTruncated: 'false' });
    const skipToken = first.skipToken ?? '';
    const second = await graph().resources({ query, options: { top: 200, skipToken } });
    expect(second.count).toBe(53);
    expect(second.skipToken).toBeUndefined();
    const rows = [...first.data, ...second.data] as { readonly name: string; readonly host: string | null }[];
    expect(new Set(rows.map(({ name }) => name)).size).toBe(253);
    expect(rows.find(({ name }) => name === 'lab')?.host).toMatch(/^lab-dns-.*\.azmk8s\.io$/);
    const without = await graph().resources({ query: query.replace('id, ', ''), options: { top: 200 } });
    expect(without).toMatchObject({ resultTruncated: 'true' });
    expect(without.skipToken).toBeUndefined();
  });

  test('refuses a query that it does not understand and a page of more than 1,000', async () => {
    await expect(graph().resources({ query: 'resources | summarize count()' })).rejects.toMatchObject({
      statusCode: 400,
      details: { error: { details: [{ code: 'InvalidQuery' }] } },
    });
    await expect(graph().resources({ query, options: { top: 1_001 } })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  test('throttles with the headers of its quota', async () => {
    const seen: (string | undefined)[] = [];
    const does = { kind: 'throttle', retryAfterSeconds: 0 } as const;
    traffic.inject({ service: 'arm', operation: 'resources', times: 3, does });
    await expect(
      graph().resources(
        { query },
        { onResponse: ({ headers }) => seen.push(headers.get('x-ms-user-quota-remaining')) },
      ),
    ).rejects.toMatchObject({ statusCode: 429 });
    expect(seen).toEqual(['0']);
    expect(traffic.count('arm', 'resources')).toBe(3);
    expect((await graph().resources({ query })).totalRecords).toBe(253);
  });
});

describe('az', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'world-azure-'));
    await writeFile(path.join(folder, 'authority.pem'), authority.certificate);
    await installAz(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const signIn = (strongIn: readonly string[] = []) =>
    writeAzureHome({
      home: folder,
      plan,
      person: 'ada@acme.example',
      refreshToken: azure.tokens.issueRefresh('ada@acme.example', strongIn),
    });
  const az = (...args: readonly string[]) =>
    new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const env = {
        HOME: folder,
        PATH: process.env.PATH,
        HTTPS_PROXY: proxy.url,
        NODE_EXTRA_CA_CERTS: path.join(folder, 'authority.pem'),
      };
      execFile(path.join(folder, 'az'), args, { env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
  const getToken = (...args: readonly string[]) =>
    az(
      'account',
      'get-access-token',
      '--output',
      'json',
      '--resource',
      'https://management.azure.com',
      ...args,
    );

  test('prints a token of the default tenant, or of another', async () => {
    await signIn();
    const own = JSON.parse((await getToken()).stdout);
    expect(own).toMatchObject({ subscription: retail, tenant: acme, tokenType: 'Bearer' });
    expect(own.expiresOn).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    const other = JSON.parse((await getToken('--tenant', partner)).stdout);
    expect(await azure.tokens.verify(other.accessToken, 'https://management.azure.com')).toMatchObject({
      tenant: partner,
      name: 'ada@acme.example',
    });
  });

  test('asks to log in when nobody has, and when a sign-in has ended or is not enough', async () => {
    expect(await getToken()).toEqual({
      code: 1,
      stdout: '',
      stderr: "ERROR: Please run 'az login' to setup account.\n",
    });
    await signIn();
    azure.tokens.endRefreshes();
    expect((await getToken()).stderr).toMatch(/^ERROR: AADSTS700082: .*\naz login --tenant/s);
    await signIn();
    traffic.inject({ service: 'entra', operation: 'token', times: 1, does: { kind: 'deny' } });
    expect((await getToken()).stderr).toMatch(
      /^ERROR: AADSTS50076: .*\nInteractive authentication is needed/s,
    );
  });
});
