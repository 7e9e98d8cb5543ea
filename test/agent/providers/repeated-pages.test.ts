import { describe, expect, test } from 'vitest';
import type { CellResult } from '../../../main/agent/providers/discovery-source.ts';
import type { Service } from '../../world/traffic.ts';
import { discoverOnce, startClouds } from '../discovery/clouds.ts';
import { startAzureCloud } from './azure/cloud.ts';
import { startGoogle } from './gcp/google.ts';

// A faulty server, or a proxy that caches, names the same next page in every page of a list.

const refusals = (results: readonly CellResult[]) =>
  results.flatMap(({ outcome }) =>
    outcome.kind === 'failed' && outcome.error.code === 'answer-refused' ? [outcome.error.message] : [],
  );

describe('in AWS', () => {
  test.each([
    ['eks', 'ListClusters', 'eks:ListClusters', 2 * 5 * 17],
    ['sso', 'ListAccounts', 'sso:ListAccounts', 2],
    ['sso', 'ListAccountRoles', 'sso:ListAccountRoles', 2 * 2],
    ['account', 'ListRegions', 'account:ListRegions', 2 * 5],
  ] as const)('%s %s stops, and is named', async (service, operation, api, most) => {
    const clouds = await startClouds();
    try {
      clouds.plan.disabledRegions = [];
      clouds.plan.deniedCells = [];
      clouds.traffic.inject({ service, operation, does: { kind: 'repeat' } });
      const { results } = await discoverOnce(clouds.eks());
      expect(refusals(results)).toContainEqual(expect.stringContaining(`(${api}) does not end`));
      // One role is denied in every region first.
      expect(clouds.traffic.count(service, operation)).toBeLessThanOrEqual(most + 17);
      // What it has nothing to do with is read.
      if (service !== 'eks') expect(results.some(({ outcome }) => outcome.kind === 'listed')).toBe(true);
    } finally {
      await clouds.close();
    }
  });
});

describe('in Azure', () => {
  test.each([
    ['tenants', 'Microsoft.Resources/tenants', 2],
    ['subscriptions', 'Microsoft.Resources/subscriptions', 2 * 2],
    // The next page of Resource Graph is requested before a page is read.
    ['resources', 'Microsoft.ResourceGraph/resources', 3 * 2],
    ['managedClusters', 'Microsoft.ContainerService/managedClusters', 2 * 3],
  ] as const)('%s stops, and is named', async (operation, api, most) => {
    const cloud = await startAzureCloud();
    try {
      if (operation === 'managedClusters')
        cloud.plan.azure.deniedGraphs = cloud.plan.azure.tenants.map(({ id }) => id);
      cloud.traffic.inject({ service: 'arm', operation, does: { kind: 'repeat' } });
      const { results } = await discoverOnce(cloud.aks());
      expect(refusals(results)).toContainEqual(expect.stringContaining(`(${api}) does not end`));
      expect(cloud.traffic.count('arm', operation)).toBeLessThanOrEqual(most);
    } finally {
      await cloud.close();
    }
  });
});

test('in Google Cloud the search for projects stops, and is named', async () => {
  const service: Service = 'resource-manager';
  const google = await startGoogle();
  try {
    google.traffic.inject({ service, does: { kind: 'repeat' } });
    const { results } = await discoverOnce(google.source());
    expect(refusals(results)).toEqual([
      expect.stringContaining('(cloudresourcemanager.projects.search) does not end'),
    ]);
    expect(google.traffic.count(service)).toBe(2);
    // The projects that it named are read.
    expect(results.some(({ outcome }) => outcome.kind === 'listed')).toBe(true);
  } finally {
    await google.close();
  }
});
