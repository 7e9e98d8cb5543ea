import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { localProxyLines } from '../../main/cli/local-proxies-view.ts';
import { clusterId } from '../../main/model/cluster.ts';

const id = clusterId('eks', '1', 'eu-west-1', 'orders');
const hour = 3_600_000;
const proxy = { cluster: id, port: 21_000, connections: 2, sent: 1_200, received: 34_000, files: [] };
const lines = (files: Parameters<typeof localProxyLines>[0][number]['files']) =>
  localProxyLines([{ ...proxy, files }], () => 'orders', 0).map(stripVTControlCharacters);

test('status lists each local TLS proxy with its traffic', () => {
  expect(localProxyLines([], () => '', 0)).toEqual([]);
  expect(lines([])).toEqual([
    'Local TLS proxies',
    '  orders  127.0.0.1:21000  2 connections  1.2 kB sent, 34 kB received',
  ]);
});

test('and below it the separate kubeconfigs, those of containers too, with their end', () => {
  const all = lines([
    { file: '/home/ada/python.yaml', until: 11 * hour },
    { file: '/home/ada/box/kubeconfig', container: true, until: 2 * hour },
  ]);
  expect(all.slice(2).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['/home/ada/python.yaml', 'ends in 11 h'],
    ['/home/ada/box/kubeconfig', 'container', 'ends in 2 h'],
  ]);
});
