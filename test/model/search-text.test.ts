import { expect, test } from 'vitest';
import { taggedCluster } from '../../main/agent/catalog/tagged-cluster.ts';
import { matches } from '../../main/model/cluster-search.ts';
import { searchText } from '../../main/model/search-text.ts';
import { elsewhere } from '../../renderer/clusters/search.ts';

const cluster = taggedCluster({
  source: 'eks',
  account: '444455556666',
  region: 'eu-west-1',
  name: 'orders',
  tags: {
    'k8s-tunnels-hostname': 'orders.k8s.acme.example',
    'k8s-tunnels-description': 'Takes the orders',
    'cost-centre': 'CC-4711',
    'Data-Class': 'confidential\u202e',
  },
  server: 'https://orders.example',
  seenAt: 1,
});

test.each(['cc-4711', 'cost-centre=cc-4711', 'data-class', 'takes the', 'orders.k8s.acme', '4444'])(
  'the window and the list find a cluster by %s',
  (word) => {
    expect(searchText(cluster)).toContain(word);
    expect(matches(cluster, [word])).toBe(true);
  },
);

test('the key of a tag of ours finds nothing, a text that is in no tag neither', () => {
  for (const word of ['k8s-tunnels-description', 'warehouse']) {
    expect(searchText(cluster)).not.toContain(word);
    expect(matches(cluster, [word])).toBe(false);
  }
});

test('the row shows the tag that was found, without signs that change the direction of a text', () => {
  expect(elsewhere(cluster, ['4711'], 'orders')).toBe('cost-centre CC-4711');
  expect(elsewhere(cluster, ['data-class'], 'orders')).toBe('Data-Class confidential');
});
