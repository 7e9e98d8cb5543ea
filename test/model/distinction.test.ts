import { expect, test } from 'vitest';
import { clusterId } from '../../main/model/cluster.ts';
import { distinctions } from '../../main/model/distinction.ts';

const aks = (group: string, name: string, more = {}) => ({
  id: clusterId('aks', 'sub-1', 'westeurope', `${group}/${name}`),
  source: 'aks' as const,
  account: 'sub-1',
  region: 'westeurope',
  name,
  title: 'orders',
  ...more,
});
const eks = (account: string, name: string, more = {}) => ({
  id: clusterId('eks', account, 'eu-west-1', name),
  source: 'eks' as const,
  account,
  region: 'eu-west-1',
  name,
  title: 'orders',
  ...more,
});
const textsOf = (...clusters: readonly (ReturnType<typeof aks> | ReturnType<typeof eks>)[]) =>
  clusters.map((one) => distinctions(clusters).get(one.id));

test('clusters of different resource groups are told apart by these', () => {
  expect(textsOf(aks('shop-blue', 'orders'), aks('shop-green', 'orders'))).toEqual([
    'resource group shop-blue',
    'resource group shop-green',
  ]);
});

test('clusters with one title are told apart by their names at the source', () => {
  expect(textsOf(eks('1', 'orders-a'), eks('1', 'orders-b'))).toEqual(['name orders-a', 'name orders-b']);
});

test('accounts with one name are told apart by their ids', () => {
  const accountName = 'Shop';
  expect(textsOf(eks('1', 'orders', { accountName }), eks('2', 'orders', { accountName }))).toEqual([
    'account 1',
    'account 2',
  ]);
});

test('what the list shows differently anyway needs nothing', () => {
  const [first, second] = [eks('1', 'orders'), eks('2', 'orders')];
  expect(
    textsOf(first, second, {
      ...first,
      id: clusterId('eks', '1', 'us-east-1', 'orders'),
      region: 'us-east-1',
    }),
  ).toEqual([undefined, undefined, undefined]);
});
