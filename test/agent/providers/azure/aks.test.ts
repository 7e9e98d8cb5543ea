import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNetwork } from '../../../../main/agent/network/network.ts';
import { systemClock } from '../../../../main/agent/parts.ts';
import { createAksSource } from '../../../../main/agent/providers/azure/aks.ts';
import type { Cluster } from '../../../../main/model/cluster.ts';
import { aksHost } from '../../../world/plan.ts';
import { discoverOnce, resultAt } from '../../discovery/clouds.ts';
import { type AzureCloud, startAzureCloud } from './cloud.ts';

const acme = '0a0a0a0a-1111-4222-8333-444455556666';
const partner = '0b0b0b0b-1111-4222-8333-444455556666';
const retail = '1c1c1c1c-0001-4000-8000-00000000a001';
const laboratory = '1c1c1c1c-0002-4000-8000-00000000a002';
const partnerEdge = '1c1c1c1c-0003-4000-8000-00000000b001';

let cloud: AzureCloud;
beforeEach(async () => {
  cloud = await startAzureCloud();
});
afterEach(() => cloud.close());

const find = (clusters: readonly Cluster[], name: string) => {
  const cluster = clusters.find((candidate) => candidate.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
};
const outcomes = (results: Awaited<ReturnType<typeof discoverOnce>>['results']) =>
  results.map(({ outcome }) => (outcome.kind === 'failed' ? outcome.error.code : outcome.kind));
/** `count` clusters more in a subscription, their names in the order of Resource Graph. */
const addFleet = (count: number, subscription = laboratory) => {
  for (let index = 0; index < count; index += 1) {
    const name = `fleet-${String(index).padStart(5, '0')}`;
    const place = { subscription, resourceGroup: 'fleet', location: 'uksouth' };
    cloud.plan.azure.aks.push({ ...place, name, tags: {}, entra: true });
  }
};

describe('the organisation of the plan', () => {
  test('every cluster of every subscription of every tenant is found', async () => {
    const { results, planned, clusters } = await discoverOnce(cloud.aks());
    expect(clusters.map(({ id }) => id).sort()).toEqual(
      cloud.plan.azure.aks
        .map(
          ({ subscription, location, resourceGroup, name }) =>
            `aks/${subscription}/${location}/${resourceGroup.toLowerCase()}%2F${name}`,
        )
        .sort(),
    );
    expect(outcomes(results)).toEqual(['listed', 'listed', 'listed', 'listed']);
    expect(planned).toBe(results.length);
    const [first] = cloud.plan.azure.aks;
    if (first === undefined) throw new Error('the plan is empty');
    expect(find(clusters, first.name)).toMatchObject({
      account: retail,
      region: 'westeurope',
      title: 'loyalty-staging',
      server: `https://${aksHost(first)}:443`,
      status: 'Succeeded',
      version: '1.32',
      environment: 'staging',
      reach: { kind: 'tunnel', hostname: 'loyalty-staging.k8s.acme.example', origin: 'socks' },
      credential: {
        kind: 'aks',
        tenant: acme,
        subscription: retail,
        resourceGroup: 'Loyalty-Staging',
        cluster: 'loyalty-staging',
        login: { kind: 'entra', tenant: acme, application: '6dae42f8-4368-4678-94ff-3960e28e3630' },
      },
      tagProblems: [],
      stale: false,
    });
    expect(find(clusters, 'loyalty-prod').credential).toMatchObject({
      login: { kind: 'client-certificate' },
    });
    expect(find(clusters, 'partner-edge').server).toContain('.privatelink.');
    expect(find(clusters, 'lab').reach).toMatchObject({ kind: 'none' });
  });

  test('an application finds those of its own tenant', async () => {
    const { clusters } = await discoverOnce(cloud.aks('environment'));
    expect(new Set(clusters.map(({ account }) => account))).toEqual(new Set([retail, laboratory]));
  });

  test('clusters of one name in two resource groups are two', async () => {
    const [first] = cloud.plan.azure.aks;
    if (first === undefined) throw new Error('the plan is empty');
    cloud.plan.azure.aks.push({ ...first, resourceGroup: 'another' });
    const { clusters } = await discoverOnce(cloud.aks());
    const twins = clusters.filter(({ name }) => name === first.name);
    expect(twins.map(({ id }) => id).sort()).toEqual([
      `aks/${retail}/westeurope/another%2Floyalty-staging`,
      `aks/${retail}/westeurope/loyalty-staging%2Floyalty-staging`,
    ]);
    expect(new Set(twins.map(({ server }) => server)).size).toBe(2);
  });

  test('a subscription without clusters is a cell, one that lost its last is listed empty where that was', async () => {
    const { clusters: known } = await discoverOnce(cloud.aks());
    cloud.plan.azure.aks.splice(2, 1);
    const { results } = await discoverOnce(cloud.aks(), known);
    expect(resultAt(results, laboratory, 'westeurope')).toEqual({ kind: 'listed', clusters: [] });
    const { results: fresh } = await discoverOnce(cloud.aks());
    expect(resultAt(fresh, laboratory, '*')).toEqual({ kind: 'listed', clusters: [] });
  });
});

describe("a subscription's name", () => {
  test('is on its clusters and places, however they are listed', async () => {
    for (const denied of [[], [acme, partner]]) {
      cloud.plan.azure.deniedGraphs = denied;
      const { clusters, results } = await discoverOnce(cloud.aks());
      expect(new Set(clusters.map(({ account, accountName }) => `${account} ${accountName}`))).toEqual(
        new Set([`${retail} Retail`, `${laboratory} Laboratory`, `${partnerEdge} Partner edge`]),
      );
      expect(results.every(({ cell }) => cell.accountName !== undefined)).toBe(true);
    }
  });

  test('is the one that was known where nobody tells it', async () => {
    const { clusters: known, results } = await discoverOnce(cloud.aks());
    cloud.traffic.inject({ service: 'arm', operation: 'subscriptions', does: { kind: 'deny' } });
    const cells = results.map(({ cell }) => ({ ...cell, id: `aks/${cell.account}/${cell.region}` }));
    const { clusters } = await discoverOnce(cloud.aks(), known, { cells });
    expect(find(clusters, 'loyalty-staging').accountName).toBe('Retail');
    const fresh = await discoverOnce(cloud.aks());
    expect(find(fresh.clusters, 'loyalty-staging').accountName).toBeUndefined();
  });
});

describe("the organisation's tenants", () => {
  const accounts = (clusters: readonly Cluster[]) => new Set(clusters.map(({ account }) => account));
  const asked = () => cloud.traffic.served.filter(({ operation }) => operation === 'tenants').length;

  test('are all that is read, by id or by domain', async () => {
    const { clusters: byId } = await discoverOnce(cloud.aks('cli', [partner.toUpperCase()]));
    expect(accounts(byId)).toEqual(new Set([partnerEdge]));
    expect(asked()).toBe(0);
    const { clusters: byDomain } = await discoverOnce(cloud.aks('cli', ['Acme.onmicrosoft.com']));
    expect(accounts(byDomain)).toEqual(new Set([retail, laboratory]));
    expect(find(byDomain, 'loyalty-staging').credential).toMatchObject({ tenant: acme });
    const { clusters: both } = await discoverOnce(cloud.aks('cli', [acme, 'partner.onmicrosoft.com']));
    expect(accounts(both)).toEqual(new Set([retail, laboratory, partnerEdge]));
  });

  test('one that is not the person’s is told', async () => {
    const stranger = '0c0c0c0c-1111-4222-8333-444455556666';
    const { results } = await discoverOnce(cloud.aks('cli', [acme, stranger]));
    expect(resultAt(results, `tenant:${stranger}`, '*')).toMatchObject({ kind: 'failed' });
    expect(resultAt(results, retail, 'westeurope')).toMatchObject({ kind: 'listed' });
  });

  test('take the clusters of all others along', async () => {
    const { clusters: known } = await discoverOnce(cloud.aks());
    const { results } = await discoverOnce(cloud.aks('cli', [partner]), known);
    for (const { account, region } of known.filter((one) => one.account !== partnerEdge))
      expect(resultAt(results, account, region)).toEqual({ kind: 'listed', clusters: [] });
    cloud.traffic.inject({ service: 'arm', operation: 'tenants', does: { kind: 'error' } });
    const unsure = await discoverOnce(cloud.aks('cli', ['partner.onmicrosoft.com']), known);
    // Nobody knows which tenant that is.
    expect(unsure.results.map(({ cell }) => cell.account)).toEqual(['*']);
  });
});

test('a subscription that is gone from a whole listing takes its clusters along; a tenant out of reach keeps them', async () => {
  const { clusters: known } = await discoverOnce(cloud.aks());
  cloud.plan.azure.subscriptions.splice(1, 1);
  cloud.plan.azure.aks = cloud.plan.azure.aks.filter(({ subscription }) => subscription !== laboratory);
  const { results } = await discoverOnce(cloud.aks(), known);
  const { region = '' } = known.find(({ account }) => account === laboratory) ?? {};
  expect(resultAt(results, laboratory, region)).toEqual({ kind: 'listed', clusters: [] });
  await cloud.signIn();
  cloud.traffic.inject({ service: 'entra', does: { kind: 'error' } });
  const { results: down } = await discoverOnce(cloud.aks(), known);
  expect(resultAt(down, laboratory, region)).toMatchObject({ kind: 'failed' });
});

describe('a private cluster with a public name too', () => {
  const partnerEdge = () => {
    const found = cloud.plan.azure.aks.find(({ name }) => name === 'partner-edge');
    if (found === undefined) throw new Error('no cluster');
    return found;
  };
  const read = async (tags: Readonly<Record<string, string>>) => {
    Object.assign(partnerEdge(), { publicName: true, tags: { ...partnerEdge().tags, ...tags } });
    const { clusters } = await discoverOnce(cloud.aks());
    const { server = '', otherHost = '' } = clusters.find(({ name }) => name === 'partner-edge') ?? {};
    return [new URL(server).hostname, otherHost].map((host) =>
      host.includes('.privatelink.') ? 'private' : 'public',
    );
  };

  test.each([
    [{}, ['private', 'public']],
    [{ 'k8s-tunnels-endpoint': 'public' }, ['public', 'private']],
    // Without a tunnel, no name server of this computer knows the private name.
    [{ 'k8s-tunnels-connector': 'direct' }, ['public', 'private']],
    [{ 'k8s-tunnels-connector': 'direct', 'k8s-tunnels-endpoint': 'private' }, ['private', 'public']],
  ])('is reached with the tags %o by one, and by the other where that fails', async (tags, names) => {
    expect(await read(tags)).toEqual(names);
  });
});

describe('the requests', () => {
  test('a second run asks for no token, and each tenant for its subscriptions and clusters at once', async () => {
    const source = cloud.aks();
    await discoverOnce(source);
    expect(cloud.traffic.count('entra', 'token')).toBe(2);
    cloud.traffic.reset();
    await discoverOnce(source);
    expect(cloud.traffic.count('entra')).toBe(0);
    expect(cloud.traffic.count('arm', 'resources')).toBe(2);
    expect(cloud.traffic.count('arm')).toBe(5);
  });

  test('2,500 clusters come in three pages, and those of a subscription that is complete are told before the last', async () => {
    addFleet(2_500, retail);
    const told: number[] = [];
    await cloud.aks('environment').discover({
      signal: new AbortController().signal,
      known: [],
      cells: [],
      asked: false,
      onPlanned() {},
      onCell: ({ outcome }) => void told.push('clusters' in outcome ? (outcome.clusters?.length ?? 0) : -1),
    });
    expect(told.sort((a, b) => a - b)).toEqual([1, 1, 1, 2_500]);
    expect(cloud.traffic.count('arm', 'resources')).toBe(3);
  });

  test('what a page completes is told while the next one is awaited', async () => {
    addFleet(1_500);
    const stall = cloud.traffic.inject({
      service: 'arm',
      operation: 'resources',
      scope: partner,
      does: { kind: 'hold' },
    });
    const abort = new AbortController();
    const told: string[] = [];
    const run = cloud.aks().discover({
      signal: abort.signal,
      known: [],
      cells: [],
      asked: false,
      onPlanned() {},
      onCell({ cell }) {
        told.push(cell.account);
        // The slow tenant alone is left.
        if (new Set(told).size === 2) abort.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(told[0]).toBe(retail);
    expect(told).toContain(laboratory);
    expect(told).not.toContain(partnerEdge);
    stall();
  });

  test('throttling for a while is survived', async () => {
    const does = { kind: 'throttle', retryAfterSeconds: 0 } as const;
    cloud.traffic.inject({ service: 'arm', operation: 'resources', scope: acme, times: 2, does });
    cloud.traffic.inject({ service: 'arm', operation: 'subscriptions', times: 1, does });
    const { results } = await discoverOnce(cloud.aks());
    expect(new Set(outcomes(results))).toEqual(new Set(['listed']));
  });

  test('a dropped connection and an internal error are tried again', async () => {
    for (const kind of ['drop', 'error'] as const) {
      cloud.traffic.inject({ service: 'arm', operation: 'resources', times: 1, does: { kind } });
      const { results } = await discoverOnce(cloud.aks('environment'));
      expect(new Set(outcomes(results))).toEqual(new Set(['listed']));
    }
  });

  test('a wait of minutes is not waited for: throttled, and may pass', async () => {
    const { clusters: known } = await discoverOnce(cloud.aks());
    const does = { kind: 'throttle', retryAfterSeconds: 300 } as const;
    cloud.traffic.inject({ service: 'arm', operation: 'resources', scope: acme, does });
    const { results } = await discoverOnce(cloud.aks(), known);
    expect(resultAt(results, retail, 'westeurope')).toMatchObject({
      kind: 'failed',
      error: { code: 'azure-throttled', retryable: true },
    });
    expect(resultAt(results, partnerEdge, 'germanywestcentral')).toMatchObject({ kind: 'listed' });
  });

  test('a page that fails half way: what was read is told, of the rest nothing is gone', async () => {
    addFleet(1_500);
    const { clusters: known } = await discoverOnce(cloud.aks());
    const does = { kind: 'error' } as const;
    cloud.traffic.inject({ service: 'arm', operation: 'resources', scope: 'from 1000', does });
    const { results } = await discoverOnce(cloud.aks('environment'), known);
    expect(resultAt(results, retail, 'westeurope')).toMatchObject({ kind: 'listed' });
    const fleet = resultAt(results, laboratory, 'uksouth');
    expect(fleet).toMatchObject({ kind: 'failed', error: { code: 'azure-failed', retryable: true } });
    expect(fleet !== undefined && 'clusters' in fleet ? fleet.clusters?.length : 0).toBeGreaterThan(900);
    expect(resultAt(results, laboratory, 'westeurope')).toMatchObject({ kind: 'failed' });
    expect(cloud.traffic.count('arm', 'managedClusters')).toBe(0);
  });
});

describe('without Resource Graph', () => {
  test('each subscription is listed, all its pages', async () => {
    addFleet(250);
    cloud.plan.azure.deniedGraphs.push(acme);
    const { clusters, results } = await discoverOnce(cloud.aks());
    expect(clusters).toHaveLength(254);
    expect(new Set(outcomes(results))).toEqual(new Set(['listed']));
    const listings = cloud.traffic.served.filter(({ operation }) => operation === 'managedClusters');
    expect(listings).toHaveLength(4);
    expect(new Set(listings.map(({ scope }) => scope))).toEqual(
      new Set([
        `${acme}/${retail}`,
        `${acme}/${laboratory}`,
        `${acme}/${laboratory}/from 100`,
        `${acme}/${laboratory}/from 200`,
      ]),
    );
    const { clusters: byGraph } = await discoverOnce(cloud.aks('environment'));
    cloud.plan.azure.deniedGraphs.length = 0;
    const { clusters: again } = await discoverOnce(cloud.aks('environment'));
    const plain = (list: readonly Cluster[]) =>
      list.map((cluster) => ({ ...cluster, seenAt: 0 })).sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(plain(byGraph)).toEqual(plain(again));
  });

  test('a subscription that is denied is a result of its cells, and says what to ask for', async () => {
    const { clusters: known } = await discoverOnce(cloud.aks());
    cloud.plan.azure.deniedGraphs.push(acme);
    cloud.plan.azure.deniedSubscriptions.push(retail);
    const { results } = await discoverOnce(cloud.aks(), known);
    for (const region of ['westeurope', 'northeurope']) {
      expect(resultAt(results, retail, region)).toMatchObject({
        kind: 'failed',
        error: {
          code: 'azure-denied',
          message: `Azure does not allow you to call Microsoft.ContainerService/managedClusters/read in subscription ${retail}.`,
        },
      });
    }
    expect(resultAt(results, laboratory, 'westeurope')).toMatchObject({ kind: 'listed' });
  });

  test('a listing that breaks off tells what it read', async () => {
    addFleet(150);
    cloud.plan.azure.deniedGraphs.push(acme);
    const does = { kind: 'error' } as const;
    cloud.traffic.inject({ service: 'arm', operation: 'managedClusters', scope: 'from 100', does });
    const { results } = await discoverOnce(cloud.aks('environment'));
    const outcome = resultAt(results, laboratory, 'uksouth');
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'azure-failed' } });
    expect(outcome !== undefined && 'clusters' in outcome ? outcome.clusters?.length : 0).toBe(99);
  });
});

describe('signing in', () => {
  test('a challenge is answered with a new token by whoever can', async () => {
    const source = cloud.aks('environment');
    await discoverOnce(source);
    cloud.azure.tokens.challenge(acme);
    cloud.traffic.reset();
    const { results } = await discoverOnce(source);
    expect(new Set(outcomes(results))).toEqual(new Set(['listed']));
    expect(cloud.traffic.count('entra', 'token')).toBeGreaterThan(0);
    cloud.traffic.reset();
    await discoverOnce(source);
    expect(cloud.traffic.count('entra', 'token')).toBe(0);
  });

  test('a challenge that the Azure CLI cannot answer names the command, and the other tenants are listed', async () => {
    const source = cloud.aks();
    const { clusters: known } = await discoverOnce(source);
    cloud.azure.tokens.challenge(partner);
    const { results } = await discoverOnce(source, known);
    expect(resultAt(results, partnerEdge, 'germanywestcentral')).toMatchObject({
      kind: 'failed',
      error: {
        code: 'azure-session-expired',
        hint: `Run \`k8s-tunnels login azure ${partner}\`, or \`az login --tenant ${partner}\`.`,
      },
    });
    expect(resultAt(results, retail, 'westeurope')).toMatchObject({ kind: 'listed' });
    await cloud.signIn();
    const { results: after } = await discoverOnce(cloud.aks(), known);
    expect(new Set(outcomes(after))).toEqual(new Set(['listed']));
  });

  test('a tenant that asks for a second factor is one result until it is given', async () => {
    const [, second] = cloud.plan.azure.tenants;
    if (second === undefined) throw new Error('the plan has one tenant');
    second.requiresMfa = true;
    const { results } = await discoverOnce(cloud.aks());
    expect(resultAt(results, `tenant:${partner}`, '*')).toMatchObject({
      kind: 'failed',
      error: {
        code: 'azure-session-expired',
        message: expect.stringContaining(partner),
        hint: `Run \`k8s-tunnels login azure ${partner}\`, or \`az login --tenant ${partner}\`.`,
      },
    });
    expect(outcomes(results).filter((outcome) => outcome === 'listed')).toHaveLength(3);
    await cloud.signIn([partner]);
    expect(outcomes((await discoverOnce(cloud.aks())).results)).toEqual(Array(4).fill('listed'));
  });

  test('an ended sign-in is told where clusters are known, and once for each tenant where none are', async () => {
    const { clusters: known } = await discoverOnce(cloud.aks());
    cloud.azure.tokens.endRefreshes();
    const { results } = await discoverOnce(cloud.aks(), known);
    expect(outcomes(results)).toEqual(Array(4).fill('azure-session-expired'));
    const { results: unknown } = await discoverOnce(cloud.aks());
    expect(unknown.map(({ cell }) => cell.account).sort()).toEqual([`tenant:${acme}`, `tenant:${partner}`]);
  });

  test('who signs in anew is seen without a restart', async () => {
    const source = cloud.aks();
    await rm(path.join(cloud.home, '.azure'), { recursive: true });
    expect((await discoverOnce(source)).results).toEqual([]);
    await cloud.signIn();
    expect((await discoverOnce(source)).clusters).toHaveLength(4);
  });

  test('signed out, or never in, there is nothing to read, and nobody is asked', async () => {
    const profile = path.join(cloud.home, '.azure', 'azureProfile.json');
    await writeFile(profile, '\uFEFF{"installationId": "x", "subscriptions": []}');
    cloud.traffic.reset();
    expect(await discoverOnce(cloud.aks())).toEqual({ results: [], planned: 0, clusters: [] });
    await writeFile(profile, '{"subscri');
    expect(await discoverOnce(cloud.aks())).toEqual({ results: [], planned: 0, clusters: [] });
    expect(cloud.traffic.count()).toBe(0);
  });

  test('a wrong secret of an application is no ended session, and is in no result', async () => {
    cloud.plan.azure.application.secret = 'rotated';
    const { results } = await discoverOnce(cloud.aks('environment'));
    expect(outcomes(results)).toEqual(['azure-failed']);
    expect(results[0]?.outcome).toMatchObject({
      error: {
        message: expect.stringContaining('AADSTS7000215'),
        hint: expect.stringContaining('AZURE_CLIENT_ID'),
      },
    });
    expect(JSON.stringify(results)).not.toContain('azure-application-secret');
  });

  test('an application that is refused does not stand in the way of a person', async () => {
    const application = { AZURE_CLIENT_ID: cloud.plan.azure.application.id, AZURE_CLIENT_SECRET: 'guess' };
    const env = { ...cloud.env, AZURE_TENANT_ID: acme, ...application };
    const { home, network } = cloud;
    const source = createAksSource({ env, home, network, clock: systemClock });
    expect((await discoverOnce(source)).clusters).toHaveLength(4);
    cloud.azure.tokens.endRefreshes();
    const { results } = await discoverOnce(createAksSource({ env, home, network, clock: systemClock }));
    expect(new Set(outcomes(results))).toEqual(new Set(['azure-session-expired']));
  });

  test('the Azure CLI is not needed where its tokens may be read, and they stay as they are', async () => {
    const cache = path.join(cloud.home, '.azure', 'msal_token_cache.json');
    const before = await readFile(cache, 'utf8');
    cloud.env.PATH = '/nowhere';
    const { clusters } = await discoverOnce(cloud.aks());
    expect(clusters).toHaveLength(4);
    expect(await readFile(cache, 'utf8')).toBe(before);
  });

  test('a tool that is gone is named where its tokens cannot be read', async () => {
    await writeFile(path.join(cloud.home, '.azure', 'msal_token_cache.json'), '{"Account"');
    cloud.env.PATH = '/nowhere';
    const { results } = await discoverOnce(cloud.aks());
    expect(new Set(outcomes(results))).toEqual(new Set(['azure-failed']));
    expect(results[0]?.outcome).toMatchObject({
      error: { message: expect.stringContaining('The Azure CLI') },
    });
  });
});

describe('what no listing tells', () => {
  const none = new AbortController().signal;

  test('the authority is fetched once, and kept by the runs that follow', async () => {
    const source = cloud.aks();
    const { clusters } = await discoverOnce(source);
    const cluster = find(clusters, 'loyalty-staging');
    expect(cluster.certificateAuthorityData).toBeUndefined();
    const whole = await source.complete?.(cluster, none);
    expect(Buffer.from(whole?.certificateAuthorityData ?? '', 'base64').toString()).toBe(cloud.certificate);
    if (whole === undefined) throw new Error('nothing came back');
    expect(await source.complete?.(whole, none)).toBe(whole);
    expect(cloud.traffic.count('arm', 'listClusterUserCredential')).toBe(1);
    // By a run that had begun before, and after a restart.
    for (const [next, known] of [
      [source, clusters],
      [cloud.aks(), [whole]],
    ] as const) {
      const again = find((await discoverOnce(next, known)).clusters, 'loyalty-staging');
      expect(again.certificateAuthorityData).toBe(whole.certificateAuthorityData);
    }
    // Made anew under its name it has another address, and another authority.
    const moved = [{ ...whole, server: 'https://loyalty-staging-dns-1.hcp.westeurope.azmk8s.io:443' }];
    const remade = find((await discoverOnce(cloud.aks(), moved)).clusters, 'loyalty-staging');
    expect(remade.certificateAuthorityData).toBeUndefined();
  });

  test('without the right to it, or signed out, it says what to do', async () => {
    const source = cloud.aks();
    const { clusters } = await discoverOnce(source);
    const cluster = find(clusters, 'loyalty-staging');
    cloud.plan.azure.deniedSubscriptions.push(retail);
    await expect(source.complete?.(cluster, none)).rejects.toMatchObject({
      code: 'azure-denied',
      hint: expect.stringContaining('listClusterUserCredential'),
    });
    await rm(path.join(cloud.home, '.azure'), { recursive: true });
    await expect(source.complete?.(cluster, none)).rejects.toMatchObject({
      code: 'azure-session-expired',
      hint: 'Run `k8s-tunnels login azure`, or `az login`.',
    });
  });
});

test('a network that is down is told as such', async () => {
  const network = createNetwork({ HTTPS_PROXY: 'http://127.0.0.1:1' });
  const env = {
    ...cloud.env,
    AZURE_TENANT_ID: acme,
    AZURE_CLIENT_ID: cloud.plan.azure.application.id,
    AZURE_CLIENT_SECRET: cloud.plan.azure.application.secret,
  };
  const source = createAksSource({ env, home: '/nowhere', network, clock: systemClock });
  const { results } = await discoverOnce(source);
  expect(outcomes(results)).toEqual(['network-unreachable']);
});

test('a cancelled run rejects and tells nothing', async () => {
  for (const kind of ['cli', 'environment'] as const) {
    const abort = new AbortController();
    const told: unknown[] = [];
    cloud.traffic.setLatency(300);
    const run = cloud.aks(kind).discover({
      signal: abort.signal,
      known: [],
      cells: [],
      asked: false,
      onPlanned() {},
      onCell: (result) => void told.push(result),
    });
    setTimeout(() => abort.abort(new Error('enough')), 100);
    await expect(run).rejects.toThrow('enough');
    expect(told).toEqual([]);
  }
});

test('other clouds are where Azure says they are', async () => {
  const env = { ...cloud.env, AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/' };
  const application = { AZURE_TENANT_ID: acme, AZURE_CLIENT_ID: 'x', AZURE_CLIENT_SECRET: 'y' };
  const network = createNetwork(env);
  const source = createAksSource({
    env: { ...env, ...application },
    home: '/nowhere',
    network,
    clock: systemClock,
  });
  await discoverOnce(source);
  expect(new Set(cloud.proxy.refused)).toEqual(new Set(['login.microsoftonline.us:443']));
});
