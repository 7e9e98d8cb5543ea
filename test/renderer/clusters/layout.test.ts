import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../main/model/cluster.ts';
import { byTitle, layoutOf } from '../../../renderer/clusters/layout.ts';
import { aCluster } from '../shown.ts';

const none = { reach: { kind: 'none', reason: 'No tag.' } } as const;
const node10 = aCluster('node-10');
const node9 = aCluster('node-9');
const other = aCluster('alpha', { account: '444455556666' });
const onPrem = aCluster('basement', { source: 'vault', account: 'clusters', region: '/' });
const bare = aCluster('bare', none);
const all = byTitle([bare, onPrem, other, node10, node9]);

const shown = (options: Partial<Parameters<typeof layoutOf>[0]>) =>
  layoutOf({
    clusters: all,
    open: new Set(),
    favourites: [],
    order: 'own',
    groupBy: 'account',
    isDenied: () => false,
    ...options,
  }).map(({ id, clusters }) => [id, ...clusters.map(({ title }) => title)]);

describe('the sections', () => {
  test('are accounts in their order, numbers within names counted, and at the end what has no tunnel', () => {
    expect(shown({})).toEqual([
      ['account eks 111122223333', 'node-9', 'node-10'],
      ['account eks 444455556666', 'alpha'],
      ['account vault clusters', 'basement'],
      ['no-tunnel', 'bare'],
    ]);
  });

  test('have the name of an account, as soon as one of its clusters tells it, and the id too where two share it', () => {
    const named = (cluster: (typeof all)[number], accountName: string) => ({ ...cluster, accountName });
    const titles = (clusters: readonly (typeof all)[number][]) =>
      layoutOf({
        clusters: byTitle(clusters),
        open: new Set(),
        favourites: [],
        order: 'own',
        groupBy: 'account',
        isDenied: () => false,
      }).map(({ title }) => title);
    expect(titles([named(other, 'Zoo'), named(node10, 'Payments'), node9])).toEqual([
      'EKS · Payments (111122223333)',
      'EKS · Zoo (444455556666)',
    ]);
    expect(titles([named(other, 'Lab'), named(node10, 'Lab')])).toEqual([
      'EKS · Lab (111122223333)',
      'EKS · Lab (444455556666)',
    ]);
  });

  test('of AWS without a name have that of the profile that reads most of it', () => {
    const by = (name: string): Pick<Cluster, 'credential'> => ({
      credential: { kind: 'eks', cluster: 'c', region: 'eu-west-1', ways: [{ kind: 'profile', name }] },
    });
    const clusters = [
      { ...node9, ...by('old') },
      { ...node10, ...by('payments-admin') },
      { ...aCluster('node-11'), ...by('payments-admin') },
      // The variables of a shell have no name.
      { ...other, ...by('') },
      { ...aCluster('shop', { source: 'gke', account: 'acme-shop' }), ...by('not of AWS') },
    ];
    const sections = layoutOf({
      clusters: byTitle(clusters),
      open: new Set(),
      favourites: [],
      order: 'own',
      groupBy: 'account',
      isDenied: () => false,
    });
    expect(sections.map(({ title }) => title)).toEqual([
      'EKS · 444455556666',
      'EKS · payments-admin (111122223333)',
      'GKE · acme-shop',
    ]);
  });

  test('begin with the connected, then the favourites; each cluster stands once', () => {
    expect(
      shown({ open: new Set([node10.id]), favourites: [onPrem.id, node10.id, bare.id, other.id] }),
    ).toEqual([
      ['connected', 'node-10'],
      ['favourites', 'basement', 'alpha'],
      ['account eks 111122223333', 'node-9'],
      ['no-tunnel', 'bare'],
    ]);
  });

  test('end with what the policies deny, favourite or not, but for what is open', () => {
    const denied = [node9, onPrem, node10];
    const isDenied = (cluster: (typeof all)[number]) => denied.includes(cluster);
    expect(shown({ isDenied, open: new Set([node9.id]), favourites: [onPrem.id, other.id] })).toEqual([
      ['connected', 'node-9'],
      ['favourites', 'alpha'],
      ['no-tunnel', 'bare'],
      ['denied', 'basement', 'node-10'],
    ]);
  });

  test('have favourites by name when that is asked for', () => {
    const [favourites] = shown({ favourites: [onPrem.id, other.id], order: 'name' });
    expect(favourites).toEqual(['favourites', 'alpha', 'basement']);
  });

  test('are none without clusters, whatever is a favourite or open', () => {
    expect(shown({ clusters: [], open: new Set([node9.id]), favourites: [other.id] })).toEqual([]);
  });
});
