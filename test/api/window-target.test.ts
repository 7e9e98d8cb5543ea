import { expect, test } from 'vitest';
import { targetHash, targetIn } from '../../main/api/window-target.ts';
import { clusterId } from '../../main/model/cluster.ts';

test('a target comes back from its fragment', () => {
  for (const target of [
    { kind: 'cluster', id: clusterId('vault', 'vault.example/k v', 'a/b', 'ü#?') },
    { kind: 'accounts' },
    { kind: 'activity' },
    { kind: 'settings' },
    { kind: 'release' },
    { kind: 'set', name: 'prod + staging/EU' },
    { kind: 'link', link: 'k8s-tunnels://connect?cluster=eks/1/eu/ü%2520#?' },
  ] as const)
    expect(targetIn(targetHash(target))).toEqual(target);
});

test.each([
  '',
  '#',
  '#/',
  '#/cluster',
  '#/cluster/',
  '#/cluster/a/b',
  '#/cluster/%E0%A4%A',
  '#/quit',
  '#/link/',
  '#/link/k8s-tunnels://connect',
  '#javascript:',
])('leads nowhere: %s', (hash) => {
  expect(targetIn(hash)).toBeUndefined();
});
