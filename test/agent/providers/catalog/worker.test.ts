import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNetwork } from '../../../../main/agent/network/network.ts';
import { silentLogger, systemClock } from '../../../../main/agent/parts.ts';
import {
  createOrganisationCatalog,
  type OrganisationCatalog,
} from '../../../../main/agent/providers/catalog/organisation-catalog.ts';
import { digestOf } from '../../../../main/agent/providers/catalog/signatures.ts';
import { bundlesOf } from '../../../../main/cli/publish/bundles.ts';
import { publishedCluster } from '../../../../main/cli/publish/published-cluster.ts';
import type { Cluster } from '../../../../main/model/cluster.ts';
import { organisationSchema } from '../../../../main/model/organisation.ts';
import { type AccessTeam, createAccessTeam } from '../../../world/catalog/access-team.ts';
import { keyOf, publisherOf } from '../../../world/catalog/catalog-signer.ts';
import { type CatalogWorker, startCatalogWorker } from '../../../world/catalog/catalog-worker.ts';
import { eksCluster } from '../../catalog/clusters.ts';

// The app and the real Worker in workerd, which holds what the command `publish` signs.

let folder: string;
let team: AccessTeam;
let worker: CatalogWorker;
let network: ReturnType<typeof createNetwork>;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'catalog-worker-'));
  team = await createAccessTeam();
  worker = await startCatalogWorker(team);
  network = createNetwork({});
});
afterEach(async () => {
  network.reset();
  await worker.close();
  await rm(folder, { recursive: true });
});

/** An app of a user in these groups; the edge of Access, which would add its token, is left out. */
function appFor(groups: readonly string[], statuses: number[] = []): OrganisationCatalog {
  return createOrganisationCatalog({
    ...{ folder: path.join(folder, groups.join('+')), clock: systemClock, logger: silentLogger },
    network: {
      async request(url, request = {}) {
        const assertion = await team.assertion({ custom: { groups } });
        const headers = { ...request.headers, 'cf-access-jwt-assertion': assertion };
        const answer = await network.request(url, { ...request, headers });
        statuses.push(answer.status);
        return answer;
      },
    },
    organisation: () =>
      organisationSchema.parse({
        version: 1,
        name: 'Acme',
        sources: { catalog: { url: worker.url, publicKeys: [worker.publicKey] } },
      }),
    access: Promise.resolve({
      token: () => Promise.reject(new Error('nothing on this computer is behind Access')),
      serviceToken: async () => undefined,
      reject: async () => {},
    }),
    notice: () => {},
    onChange: () => {},
  });
}

/** Signs and sends clusters as the command does. */
async function publish(
  clusters: readonly (readonly [Cluster, readonly string[]])[],
  revision: number,
  kept: ReadonlyMap<string, number> = new Map(),
): Promise<void> {
  const key = keyOf(worker);
  const bundles = bundlesOf(
    clusters.map(([cluster, audience]) => ({
      id: cluster.id,
      audience,
      envelope: key.seal({
        kind: 'cluster',
        revision: kept.get(cluster.name) ?? revision,
        cluster: publishedCluster(cluster),
      }),
    })),
  );
  const root = digestOf(bundles.map(({ digest }) => digest));
  const publishedAt = new Date().toISOString();
  const manifest = key.seal({ kind: 'manifest', version: 1, revision, publishedAt, maxAge: 3_600, root });
  await publisherOf(worker).publish({ manifest, bundles });
}

const run = () => ({ signal: new AbortController().signal, asked: false });
const names = async (app: OrganisationCatalog) =>
  [...((await app.refresh(run()))?.cells.values() ?? [])]
    .flatMap(({ clusters }) => clusters.map(({ name }) => name))
    .sort();

const orders = [eksCluster('orders'), ['*']] as const;
const ledger = [eksCluster('ledger'), ['finance']] as const;
const lake = [eksCluster('lake'), ['data']] as const;

it('gets the subset of each identity, and both verify', async () => {
  await publish([orders, ledger, lake], 1);
  expect(await names(appFor(['finance']))).toEqual(['ledger', 'orders']);
  expect(await names(appFor(['data']))).toEqual(['lake', 'orders']);
  expect(await names(appFor([]))).toEqual(['orders']);
});

it('stays fresh by answers without content, and takes what has changed', async () => {
  const statuses: number[] = [];
  const app = appFor(['finance'], statuses);
  await publish([orders, ledger], 1);
  await names(app);
  const first = await app.current();
  // Nothing has changed but the manifest.
  await publish(
    [orders, ledger],
    2,
    new Map([
      ['orders', 1],
      ['ledger', 1],
    ]),
  );
  expect(await names(app)).toEqual(['ledger', 'orders']);
  expect((await app.current())?.publishedAt).toBeGreaterThan(first?.publishedAt ?? 0);
  await publish([orders], 3, new Map([['orders', 1]]));
  expect(await names(app)).toEqual(['orders']);
  expect(statuses).toEqual([200, 304, 200]);
});
