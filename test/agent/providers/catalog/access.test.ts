import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNetwork, type Network } from '../../../../main/agent/network/network.ts';
import {
  applicationOf,
  askCatalog,
  type CatalogAccess,
} from '../../../../main/agent/providers/catalog/ask-catalog.ts';
import { createAuthority } from '../../../world/authority.ts';
import { createPublisherKey, publication } from '../../../world/catalog/publication.ts';
import { type CatalogServer, startCatalogServer } from '../../../world/catalog/server.ts';
import { catalogHost } from '../../../world/world.ts';
import { type Rig, startRig } from '../../access/rig.ts';
import { eksCluster } from '../../catalog/clusters.ts';

// Over the edge of Access, whose application is the catalog's.

const url = `https://${catalogHost}`;
let rig: Rig;
let catalog: CatalogServer;
let network: Network;
beforeEach(async () => {
  const authority = await createAuthority('catalog');
  rig = await startRig({
    plan: { applications: [{ hostname: catalogHost, origin: 'https', catalog: true }] },
    webOrigin: () => catalog.port,
  });
  catalog = await startCatalogServer({
    traffic: rig.world.traffic,
    groupsOf: (token) => rig.world.access.groupsOf(token, catalogHost),
    secure: await authority.issueServer([catalogHost]),
  });
  const key = createPublisherKey();
  catalog.publish(
    publication({
      key,
      entries: [
        { cluster: eksCluster('orders'), audience: ['engineering'] },
        { cluster: eksCluster('ledger'), audience: ['finance'] },
      ],
      revision: 1,
    }),
  );
  network = createNetwork({ HTTPS_PROXY: rig.world.proxy.url });
});
afterEach(async () => {
  network.reset();
  await rig.close();
  await catalog.close();
});

const ask = (interactive: boolean, access: CatalogAccess = rig.access, etag?: string) =>
  askCatalog({ url, etag, network, access, interactive, signal: new AbortController().signal });
const tabs = () => rig.world.browser.tabs();

it('opens no browser unless the user asks, and says how', async () => {
  await expect(ask(false)).rejects.toMatchObject({
    code: 'access-login-needed',
    message: expect.stringContaining(catalogHost),
    hint: expect.stringContaining('k8s-tunnels discover'),
  });
  expect(await tabs()).toHaveLength(0);
});

it('signs in once, in one tab, whoever asks meanwhile, and is answered by the groups of the user', async () => {
  const [first] = await Promise.all([ask(true), ask(true), ask(true)]);
  expect(await tabs()).toHaveLength(1);
  if (first?.kind !== 'changed') throw new Error('nothing was answered');
  expect(first.answer.bundles).toHaveLength(1);
  expect(first.answer.digests).toHaveLength(2);
  expect(await ask(false, rig.access, first.etag)).toMatchObject({ kind: 'unchanged' });
  // Another group is another answer, whatever was known.
  rig.world.access.setGroups('ada@acme.example', ['finance']);
  expect(await ask(false, rig.access, first.etag)).toMatchObject({ kind: 'changed' });
});

it('replaces a token that the edge no longer accepts, without a browser', async () => {
  await ask(true);
  rig.world.access.revokeApp(catalogHost);
  expect(await ask(false)).toMatchObject({ kind: 'changed' });
  expect(await tabs()).toHaveLength(1);
});

it('says that the policy of the catalog denies the user', async () => {
  await ask(true);
  rig.world.access.setPolicy(catalogHost, []);
  await expect(ask(false)).rejects.toMatchObject({
    code: 'access-denied',
    message: expect.stringContaining(applicationOf(url)),
  });
});

it('shows the service token of the organisation in place of the user, and never a browser', async () => {
  const token = { ...rig.world.access.addServiceToken(), file: '/etc/secret' };
  const asked: string[] = [];
  const service: CatalogAccess = {
    ...rig.access,
    async serviceToken(hostname) {
      asked.push(hostname);
      return token;
    },
  };
  // The double's Worker knows no groups of it: what matters is that the edge lets it pass.
  await expect(ask(true, service)).rejects.toMatchObject({ code: 'access-denied' });
  expect(asked).toEqual([catalogHost]);
  const headers = catalog.last();
  expect(headers['cf-access-client-secret']).toBeUndefined();
  expect(await tabs()).toHaveLength(0);
  await expect(
    ask(true, { ...service, serviceToken: async () => ({ ...token, clientSecret: 'wrong' }) }),
  ).rejects.toMatchObject({ code: 'access-denied', message: expect.stringContaining('/etc/secret') });
});

it('is an application of a path where the host has others', () => {
  expect(applicationOf('https://feed.acme.workers.dev')).toBe('feed.acme.workers.dev/v1/catalog');
  expect(applicationOf('https://acme.example/k8s/')).toBe('acme.example/k8s/v1/catalog');
});
