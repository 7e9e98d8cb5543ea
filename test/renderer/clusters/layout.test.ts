import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../../renderer/clusters/layout.ts';
import { aCluster } from '../shown.ts';

const none = { reach: { kind: 'none', reason: 'No tag.' } } as const;
const node10 = aCluster('node-10');
const node9 = aCluster('node-9');
const other = aCluster('alpha', { account: '444455556666' });
const onPrem = aCluster('basement', { source: 'vault', account: 'clusters', region: '/' });
const bare = aCluster('bare', none);
const all = [bare, onPrem, other, node10, node9];

const shown = (options: Partial<Parameters<typeof layoutOf>[0]>) =>
  layoutOf({ clusters: all, open: new Set(), favourites: [], order: 'own', ...options }).map(
    ({ id, clusters }) => [id, ...clusters.map(({ title }) => title)],
  );

describe('the sections', () => {
  test('are accounts in their order, numbers within names counted, and at the end what has no tunnel', () => {
    expect(shown({})).toEqual([
      ['account EKS · 111122223333', 'node-9', 'node-10'],
      ['account EKS · 444455556666', 'alpha'],
      ['account On-prem · clusters', 'basement'],
      ['no-tunnel', 'bare'],
    ]);
  });

  test('begin with the connected, then the favourites; each cluster stands once', () => {
    expect(
      shown({ open: new Set([node10.id]), favourites: [onPrem.id, node10.id, bare.id, other.id] }),
    ).toEqual([
      ['connected', 'node-10'],
      ['favourites', 'basement', 'alpha'],
      ['account EKS · 111122223333', 'node-9'],
      ['no-tunnel', 'bare'],
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
