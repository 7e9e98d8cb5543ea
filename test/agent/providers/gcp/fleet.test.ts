import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import type { CellResult } from '../../../../main/agent/providers/discovery-source.ts';
import { createGkeSource } from '../../../../main/agent/providers/gcp/gke.ts';
import type { Cell, Cluster } from '../../../../main/model/cluster.ts';
import type { FleetMembership } from '../../../world/gcp/gcp-plan.ts';
import type { Mutable } from '../../discovery/clouds.ts';
import { discoverOnce, resultAt } from '../../discovery/clouds.ts';
import { skippingClock } from '../../skipping-clock.ts';
import { type Google, startGoogle } from './google.ts';

// The fleets of projects: clusters that Google's Connect gateway reaches.

const depot: FleetMembership = {
  project: 'acme-shop',
  location: 'global',
  name: 'depot',
  labels: {},
  cluster: 'elsewhere',
};
const trials: FleetMembership = {
  project: 'acme-analytics',
  location: 'us-central1',
  name: 'trials-member',
  labels: {},
  cluster: 'trials',
  gke: true,
};
const gateway = 'connectgateway.googleapis.com/v1/projects';

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.close());

const register = (...memberships: readonly FleetMembership[]) => {
  google.plan.memberships = memberships.map((one) => structuredClone(one) as Mutable<FleetMembership>);
};
const project = (id: string) => {
  const found = google.plan.projects.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no project ${id}`);
  return found;
};
const named = (clusters: readonly Cluster[], name: string) => clusters.find((one) => one.name === name);
const cellsOf = (results: readonly CellResult[]): Cell[] =>
  results.map(({ cell, outcome }) => ({
    ...cell,
    id: `gke/${cell.account}/${cell.region}`,
    ...('error' in outcome ? { error: outcome.error, triedAt: Date.now() } : { readAt: Date.now() }),
  }));
const asked = () =>
  google.traffic.served.filter(({ service }) => service === 'gkehub').map(({ scope }) => scope);

describe('a cluster that is not in Google Cloud', () => {
  test('is listed with its address at the gateway, which names the project by its number', async () => {
    register(depot);
    const { clusters } = await discoverOnce(google.source());
    expect(named(clusters, 'depot')).toMatchObject({
      id: 'gke/acme-shop/fleet/global%2Fdepot',
      region: 'fleet',
      server: `https://${gateway}/314159265358/locations/global/memberships/depot`,
      reach: { kind: 'direct' },
      connector: 'direct',
      credential: { kind: 'gke' },
      version: 'v1.32.9',
      status: 'READY',
    });
    expect(named(clusters, 'depot')?.certificateAuthorityData).toBeUndefined();
  });

  test('has the tags in its labels, and the host of its location', async () => {
    register({
      ...depot,
      location: 'europe-west1',
      labels: { 'k8s-tunnels-name': '__44epot', 'k8s-tunnels-environment': 'production', team: 'shop' },
    });
    const { clusters } = await discoverOnce(google.source());
    expect(named(clusters, 'depot')).toMatchObject({
      server: `https://europe-west1-${gateway}/314159265358/locations/europe-west1/memberships/depot`,
      title: 'Depot',
      environment: 'production',
      otherTags: { team: 'shop' },
    });
  });
});

describe('a GKE cluster in a fleet', () => {
  test('without a tunnel is reached through the gateway, as the same cluster', async () => {
    register(trials);
    const { clusters } = await discoverOnce(google.source());
    expect(clusters.filter(({ name }) => name.startsWith('trials'))).toEqual([
      expect.objectContaining({
        id: 'gke/acme-analytics/us-central1/trials',
        server: `https://us-central1-${gateway}/271828182845/locations/us-central1/gkeMemberships/trials-member`,
        reach: { kind: 'direct' },
        connector: 'direct',
      }),
    ]);
    expect(named(clusters, 'trials')?.certificateAuthorityData).toBeUndefined();
  });

  test('with a tunnel keeps it, unless the membership has our labels', async () => {
    register({ ...trials, cluster: 'reports' });
    const { clusters } = await discoverOnce(google.source());
    expect(named(clusters, 'reports')?.reach).toMatchObject({ kind: 'tunnel' });
    register({ ...trials, cluster: 'reports', labels: { 'k8s-tunnels-group': 'fleet' } });
    const labelled = await discoverOnce(google.source());
    expect(named(labelled.clusters, 'reports')).toMatchObject({
      reach: { kind: 'direct' },
      group: 'fleet',
      server: expect.stringContaining('/gkeMemberships/trials-member'),
    });
  });

  test('keeps the gateway while the hub does not answer', async () => {
    register(trials);
    const first = await discoverOnce(google.source());
    google.traffic.inject({ service: 'gkehub', does: { kind: 'error' } });
    const { clusters } = await discoverOnce(google.source(), first.clusters, {
      cells: cellsOf(first.results),
    });
    expect(named(clusters, 'trials')).toMatchObject({ reach: { kind: 'direct' }, connector: 'direct' });
  });
});

test('an organisation that does not allow direct lists only what has our labels', async () => {
  register(trials, depot, { ...depot, name: 'labelled', labels: { 'k8s-tunnels-group': 'fleet' } });
  const { env, home, network } = google;
  const source = createGkeSource({ env, home, network, clock: systemClock, mayBeDirect: false });
  const { clusters } = await discoverOnce(source);
  expect(named(clusters, 'trials')?.reach.kind).toBe('none');
  expect(named(clusters, 'depot')).toBeUndefined();
  expect(named(clusters, 'labelled')?.reach).toEqual({ kind: 'direct' });
});

describe('a hub that cannot be used', () => {
  test.each([
    [
      'disabled',
      'GKE Hub API is not enabled in project acme-shop',
      'gcloud services enable gkehub.googleapis.com connectgateway.googleapis.com --project acme-shop',
    ],
    [
      'denied',
      'gkehub.memberships.list',
      'roles/gkehub.viewer and roles/gkehub.gatewayReader in project acme-shop',
    ],
  ] as const)(
    '(%s) costs one request, is named with its cure, and hides no cluster',
    async (hub, says, cure) => {
      project('acme-shop').hub = hub;
      const first = await discoverOnce(google.source());
      expect(first.clusters).toHaveLength(4);
      expect(resultAt(first.results, 'acme-shop', 'fleet')).toMatchObject({
        kind: 'not-enabled',
        error: {
          code: 'gcp-api-disabled',
          message: expect.stringContaining(says),
          hint: expect.stringContaining(cure),
        },
      });
      expect(asked().filter((scope) => scope === 'acme-shop')).toHaveLength(1);
      // Another agent knows it from the catalog.
      await discoverOnce(google.source(), first.clusters, { cells: cellsOf(first.results) });
      expect(asked().filter((scope) => scope === 'acme-shop')).toHaveLength(1);
    },
  );

  test('that fails once is not reported where it has nothing to lose, and is asked again', async () => {
    google.traffic.inject({ service: 'gkehub', does: { kind: 'error' } });
    const first = await discoverOnce(google.source());
    expect(first.clusters).toHaveLength(4);
    expect(first.results.filter(({ cell }) => cell.region === 'fleet')).toEqual([]);
    expect(asked()).toHaveLength(google.plan.projects.length);
  });

  test('that cannot be reached is asked once in a while, and at once by a user', async () => {
    google.traffic.inject({ service: 'gkehub', does: { kind: 'drop' } });
    const source = google.source();
    expect((await discoverOnce(source)).clusters).toHaveLength(4);
    const before = asked().length;
    expect((await discoverOnce(source)).clusters).toHaveLength(4);
    expect(asked()).toHaveLength(before);
    await discoverOnce(source, [], { asked: true });
    expect(asked().length).toBeGreaterThan(before);
  });

  test('marks what it has listed before as stale', async () => {
    register(depot);
    const first = await discoverOnce(google.source());
    google.traffic.inject({ service: 'gkehub', does: { kind: 'deny' } });
    const { results } = await discoverOnce(google.source(), first.clusters, {
      cells: cellsOf(first.results),
    });
    expect(resultAt(results, 'acme-shop', 'fleet')).toMatchObject({ kind: 'failed' });
  });
});

describe('a hub without memberships in a project', () => {
  test('is asked once in hours, and at once by a user; one with memberships at each refresh', async () => {
    register(depot);
    const clock = skippingClock();
    const source = google.source(undefined, clock);
    const { clusters, results } = await discoverOnce(source);
    expect(asked()).toHaveLength(google.plan.projects.length);
    const again = async (options: { readonly asked?: boolean } = {}) => {
      const before = asked().length;
      await discoverOnce(source, clusters, { cells: cellsOf(results), ...options });
      return asked().slice(before);
    };
    expect(await again()).toEqual(['acme-shop']);
    expect(await again({ asked: true })).toHaveLength(google.plan.projects.length);
    expect(await again()).toEqual(['acme-shop']);
    clock.skip(6 * 3_600_000);
    // One without GKE is asked nothing for a day.
    expect(await again()).toHaveLength(google.plan.projects.filter(({ gke }) => gke !== 'disabled').length);
  });
});
