import { expect, test } from 'vitest';
import { createWays } from '../../../main/agent/tunnels/ways.ts';
import { eksCluster } from '../catalog/clusters.ts';

// A cluster that is reached directly needs nothing of the network.
const wayTo = createWays({
  network: {} as never,
  access: {} as never,
  parts: {} as never,
  clock: {} as never,
  credential: () => Promise.reject(new Error('nobody is signed in')),
  team: () => undefined,
  rules: () => undefined,
  notice: () => {},
});
const directly = (server: string) =>
  wayTo({ ...eksCluster('a', { tags: { 'k8s-tunnels-connector': 'direct' } }), server }).server.target;

test.each([
  ['https://api.acme.example', { host: 'api.acme.example', port: 443 }],
  ['https://10.0.0.7:6443', { host: '10.0.0.7', port: 6443 }],
  // Sockets take an IPv6 address without the brackets that a URL needs.
  ['https://[fd00::7]:6443', { host: 'fd00::7', port: 6443 }],
  ['https://[fd00::7]', { host: 'fd00::7', port: 443 }],
])('the API server of %s is dialed at its host and port', (server, target) => {
  expect(directly(server)).toEqual(target);
});
