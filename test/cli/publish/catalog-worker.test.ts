import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { openCatalogWorker } from '../../../main/cli/publish/catalog-worker.ts';
import { sendPublication } from '../../../main/cli/publish/send.ts';
import { newKey, signingKeyFrom } from '../../../main/cli/publish/signing-key.ts';
import { createAccessTeam } from '../../world/catalog/access-team.ts';
import { keyOf, signCatalog } from '../../world/catalog/catalog-signer.ts';
import { type CatalogWorker, startCatalogWorker } from '../../world/catalog/catalog-worker.ts';
import { startReleaseFeed } from '../../world/releases/feed.ts';

let worker: CatalogWorker;
beforeAll(async () => {
  worker = await startCatalogWorker(await createAccessTeam());
});
afterAll(() => worker.close());

const open = (
  url = worker.url,
  secret = worker.secret,
  token?: { readonly id: string; readonly secret: string },
) =>
  openCatalogWorker({
    url: new URL(url),
    secret,
    serviceToken: token,
    network: createNetwork({}),
    signal: new AbortController().signal,
  });
const sign = (clusters: Readonly<Record<string, readonly string[]>>, revision: number, key = keyOf(worker)) =>
  signCatalog(clusters, { key, revision });

test('a publication sends the bundles that the Worker does not have, and is read back', async () => {
  const { index, bundle } = open();
  expect(await index()).toBeUndefined();
  const first = sign({ a: ['sre'], b: ['*'] }, 1);
  expect(await sendPublication(open(), first, new Set())).toMatchObject({ sent: 2 });
  const stored = await index();
  expect(stored?.manifest).toEqual(first.manifest);
  const [one] = first.bundles;
  expect(await bundle(one?.digest ?? '')).toEqual(one?.envelopes);
  expect(await bundle('a'.repeat(43))).toBeUndefined();
  const has = new Set(stored?.index.map(({ digest }) => digest));
  const added = sign({ c: ['finance'] }, 2);
  const root = [...first.bundles, ...added.bundles].toSorted((x, y) => (x.digest < y.digest ? -1 : 1));
  const { digestOf } = await import('../../../main/agent/providers/catalog/signatures.ts');
  const { manifest } = signCatalog(
    {},
    {
      key: keyOf(worker),
      revision: 2,
      root: digestOf(root.map(({ digest }) => digest)),
    },
  );
  expect(await sendPublication(open(), { manifest, bundles: root }, has)).toMatchObject({ sent: 1 });
});

test('a bundle that the Worker has lost is sent again', async () => {
  const catalog = sign({ lost: ['*'] }, 10);
  const has = new Set(catalog.bundles.map(({ digest }) => digest));
  expect(await sendPublication(open(), catalog, has)).toMatchObject({ sent: 1 });
  const never = { putBundle: async () => {}, putManifest: async () => ({ missing: [...has] }) };
  await expect(sendPublication(never, catalog, has)).rejects.toMatchObject({ retryable: true });
});

describe('a refusal says what to do', () => {
  const refused = async (work: Promise<unknown>, error: Readonly<Record<string, unknown>>) =>
    expect(work).rejects.toMatchObject(error);

  test('with a wrong secret', () =>
    refused(open(worker.url, 'wrong').index(), {
      code: 'access-denied',
      hint: expect.stringContaining('K8S_TUNNELS_PUBLISH_SECRET'),
    }));

  test('with an older revision, and with a foreign key', async () => {
    await sendPublication(open(), sign({ a: ['*'] }, 20), new Set());
    await refused(sendPublication(open(), sign({ b: ['*'] }, 20), new Set()), {
      code: 'organisation-refused',
      message: expect.stringContaining('revision 20'),
      retryable: true,
    });
    const foreign = sign({ a: ['*'] }, 30, signingKeyFrom(newKey().privateKey, 'key'));
    await refused(sendPublication(open(), foreign, new Set()), {
      code: 'organisation-refused',
      hint: expect.stringContaining('CATALOG_PUBLIC_KEY'),
    });
  });

  test('from a Worker without a catalog', async () => {
    const feed = await startReleaseFeed();
    try {
      await refused(open(feed.url, feed.secret).index(), {
        code: 'organisation-unavailable',
        hint: expect.stringContaining('CATALOG'),
      });
    } finally {
      await feed.close();
    }
  });

  test.each<[string, number, string, Readonly<Record<string, unknown>>]>([
    [
      'a Worker of an older version',
      404,
      '{"error": "not-found"}',
      { code: 'organisation-unavailable', hint: expect.stringContaining('Deploy') },
    ],
    [
      'the login of Access',
      302,
      '',
      { code: 'access-denied', hint: expect.stringContaining('K8S_TUNNELS_ACCESS_CLIENT_ID') },
    ],
    ['a page of Access', 403, '<html>', { code: 'access-denied' }],
    ['something else', 200, '<html>', { code: 'organisation-unavailable' }],
    ['a Worker that fails', 500, 'error', { code: 'organisation-unavailable', retryable: true }],
  ])('from %s', async (_, status, body, error) => {
    const server = http.createServer((_request, response) => {
      response
        .writeHead(status, { location: 'https://acme.cloudflareaccess.com/cdn-cgi/access/login/x' })
        .end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      await refused(open(`http://127.0.0.1:${port}`).index(), error);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test('the service token of Access is sent where there is one', async () => {
    const seen: (string | string[] | undefined)[] = [];
    const server = http.createServer(({ headers, url }, response) => {
      seen.push(
        url,
        headers['cf-access-client-id'],
        headers['cf-access-client-secret'],
        headers.authorization,
      );
      response.writeHead(404).end('{"error": "not-published"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      expect(
        await open(`http://127.0.0.1:${port}/base`, 's', { id: 'ci.access', secret: 't' }).index(),
      ).toBeUndefined();
      expect(seen).toEqual(['/base/v1/catalog/index', 'ci.access', 't', 'Bearer s']);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
