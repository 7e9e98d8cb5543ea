import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { systemClock } from '../../../main/agent/parts.ts';
import { createEksSource } from '../../../main/agent/providers/aws/eks.ts';
import { createVaultSource } from '../../../main/agent/providers/vault/vault.ts';
import { type Clouds, discoverOnce, startClouds } from './clouds.ts';

let clouds: Clouds;
let proxy: http.Server;
let seen: Set<string>;

/** A forward proxy that alone knows where the two names lead. */
beforeEach(async () => {
  clouds = await startClouds();
  seen = new Set();
  proxy = http.createServer((request, response) => {
    const url = new URL(request.url ?? '');
    seen.add(url.host);
    const target = new URL(url.host === 'aws.world.invalid' ? clouds.aws.url : clouds.vault.url);
    const onward = http.request(
      {
        host: target.hostname,
        port: target.port,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: request.headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  await clouds.close();
});

test('both SDKs go through the proxy of the environment', async () => {
  const env = {
    ...clouds.env,
    HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    AWS_ENDPOINT_URL: 'http://aws.world.invalid',
    VAULT_ADDR: 'http://vault.world.invalid',
  };
  const network = createNetwork(env);
  const parts = { env, home: clouds.home, network, clock: systemClock };
  const eks = await discoverOnce(createEksSource({ aws: clouds.ways({ env, network }) }));
  const vault = await discoverOnce(createVaultSource({ ...parts, mounts: ['clusters'] }));
  network.reset();
  expect(eks.clusters).toHaveLength(clouds.plan.eks.length);
  expect(vault.clusters).toHaveLength(clouds.plan.vault.secrets.length);
  expect(seen).toEqual(new Set(['aws.world.invalid', 'vault.world.invalid']));
});
