import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signingKeyFrom } from '../../main/cli/publish/signing-key.ts';
import { type AccessTeam, createAccessTeam } from '../world/catalog/access-team.ts';
import { keyOf, publisherOf, type SignedCatalog, signCatalog } from '../world/catalog/catalog-signer.ts';
import { type CatalogWorker, startCatalogWorker } from '../world/catalog/catalog-worker.ts';

let team: AccessTeam;
let worker: CatalogWorker;
let revision = 100;

beforeAll(async () => {
  team = await createAccessTeam();
  worker = await startCatalogWorker(team);
});
afterAll(() => worker.close());
beforeEach(() => {
  revision += 10;
});

const publisher = () => publisherOf(worker);
const sign = (clusters: Readonly<Record<string, readonly string[]>>, more = 0) =>
  signCatalog(clusters, { key: keyOf(worker), revision: revision + more });
const refusal = async (answer: Response) => [answer.status, await answer.json()];
const stored = async () => {
  const store = await worker.store('CATALOG');
  const { keys } = await store.list({ prefix: '' });
  return keys.map(({ name }) => name).sort();
};
const bundlesIn = (...catalogs: readonly SignedCatalog[]) => [
  ...new Set(catalogs.flatMap(({ bundles }) => bundles.map(({ digest }) => `bundle/${digest}`))),
];
const index = async () =>
  (await publisher().send('GET', 'index')).json() as Promise<{ manifest: unknown; index: unknown }>;

describe('who may publish', () => {
  test.each([
    ['GET', 'index'],
    ['GET', `bundles/${'a'.repeat(43)}`],
    ['PUT', `bundles/${'a'.repeat(43)}`],
    ['PUT', 'manifest'],
    ['DELETE', 'manifest'],
    ['GET', 'else'],
  ])('%s %s needs the secret', async (method, path) => {
    const assertion = await team.assertion({ groups: ['sre'] });
    for (const headers of [
      { authorization: '' },
      { authorization: 'Bearer wrong' },
      { authorization: `Basic ${worker.secret}` },
      { authorization: `Bearer ${assertion}`, 'cf-access-jwt-assertion': assertion },
    ]) {
      const body = method === 'PUT' ? '[]' : undefined;
      const answer = await publisher().send(method, path, body, headers);
      expect(await refusal(answer)).toEqual([401, { error: 'unauthorized' }]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.each([{ PUBLISH_SECRET: '' }, { CATALOG: 'none' }])(
    'nobody where it is not set up: %j',
    async (bindings) => {
      const { startWorker } = await import('../world/worker.ts');
      const { CATALOG, ...secrets } = { PUBLISH_SECRET: 'secret', ...bindings };
      const other = await startWorker({
        bindings: secrets,
        namespaces: CATALOG === undefined ? ['CATALOG'] : [],
      });
      try {
        for (const secret of ['secret', '']) {
          const answer = await publisherOf({ url: other.url, secret }).send('GET', 'index');
          expect(await refusal(answer)).toEqual([503, { error: 'not-configured' }]);
        }
      } finally {
        await other.close();
      }
    },
  );
});

describe('a bundle', () => {
  test('is refused with another digest, records that are none, or nothing', async () => {
    const { bundles } = sign({ payments: ['sre'], search: ['sre'] });
    const [{ digest = '', envelopes = [] } = {}] = bundles;
    const [first] = envelopes;
    const before = await stored();
    const put = (body: unknown, name = digest) => publisher().send('PUT', `bundles/${name}`, body);
    for (const [body, field] of [
      [[first], 'digest'],
      [envelopes.toReversed(), 'digest'],
      [[...envelopes, first], 'digest'],
      [[], 'body'],
      [{}, 'body'],
      ['no JSON', 'body'],
      [[{ ...first, signature: '!' }], 'body'],
      [[{ ...first, keyId: 'x' }], 'body'],
      [[{ ...first, more: 1 }], 'body'],
      [[first, null], 'body'],
    ] as const)
      expect(await refusal(await put(body))).toEqual([400, { error: 'malformed', field }]);
    expect(await refusal(await put(envelopes, 'short'))).toEqual([404, { error: 'not-found' }]);
    expect(await stored()).toEqual(before);
    expect(await refusal(await put(envelopes))).toEqual([200, { digest, records: 2 }]);
    expect(await (await publisher().send('GET', `bundles/${digest}`)).json()).toEqual(envelopes);
  });
});

describe('a manifest', () => {
  test('counts when all its bundles are there, and is read back', async () => {
    const catalog = sign({ payments: ['sre'], status: ['*'] });
    const digests = catalog.bundles.map(({ digest }) => digest);
    expect(await refusal(await publisher().putManifest(catalog))).toEqual([
      400,
      { error: 'missing', digests },
    ]);
    await publisher().publish(catalog);
    expect(await index()).toEqual({
      manifest: catalog.manifest,
      index: catalog.bundles.map(({ digest, audience }) => ({ digest, audience })),
    });
  });

  test('is refused where its revision is not greater', async () => {
    const catalog = sign({ payments: ['sre'] });
    await publisher().publish(catalog);
    for (const more of [0, -1, -100]) {
      const older = sign({ payments: ['everyone'] }, more);
      await publisher().putBundles(older);
      expect(await refusal(await publisher().putManifest(older))).toEqual([
        409,
        { error: 'older', revision },
      ]);
    }
    expect((await index()).manifest).toEqual(catalog.manifest);
  });

  test('is refused with a foreign key, and taken with each of the Worker’s keys', async () => {
    const pair = generateKeyPairSync('ed25519');
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
    const foreign = signingKeyFrom(String(pem), 'the other key');
    const catalog = signCatalog({ payments: ['*'] }, { key: foreign, revision });
    await publisher().putBundles(catalog);
    expect(await refusal(await publisher().putManifest(catalog))).toEqual([
      400,
      { error: 'foreign-key', field: 'manifest' },
    ]);
    const rotating = await startCatalogWorker(team, {
      CATALOG_PUBLIC_KEY: `${worker.publicKey}, ${foreign.publicKey}`,
    });
    try {
      await publisherOf(rotating).publish(catalog);
      await publisherOf(rotating).publish(sign({ payments: ['*'] }, 1));
    } finally {
      await rotating.close();
    }
  });

  test('is refused where anything of it is malformed, by the field', async () => {
    const good = sign({ payments: ['sre'], status: ['*'] });
    await publisher().putBundles(good);
    const { manifest } = good;
    const entries = good.bundles.map(({ digest, audience }) => ({ digest, audience }));
    const [first, second] = entries;
    const key = keyOf(worker);
    const before = await stored();
    for (const [body, field] of [
      ['no JSON', 'body'],
      [[], 'body'],
      [{ manifest, index: entries, more: 1 }, 'more'],
      [{ index: entries }, 'manifest'],
      [{ manifest: { ...manifest, payload: 'e30=' }, index: entries }, 'manifest'],
      [{ manifest: key.seal({ kind: 'cluster', revision }), index: entries }, 'manifest'],
      [
        {
          manifest: key.seal({ kind: 'manifest', version: 2, revision, root: first?.digest }),
          index: entries,
        },
        'manifest',
      ],
      [{ manifest }, 'index'],
      [{ manifest, index: [first, first] }, 'index'],
      [{ manifest, index: [first, null] }, 'index'],
      [{ manifest, index: [first, { ...second, audience: [] }] }, 'index'],
      [{ manifest, index: [first, { ...second, audience: ['SRE'] }] }, 'index'],
      [{ manifest, index: [first, { ...second, audience: [''] }] }, 'index'],
      [{ manifest, index: [first, { ...second, more: 1 }] }, 'index'],
      [{ manifest, index: [first] }, 'root'],
    ] as const)
      expect(await refusal(await publisher().send('PUT', 'manifest', body))).toEqual([
        400,
        { error: 'malformed', field },
      ]);
    expect(await stored()).toEqual(before);
  });

  test('deletes the bundles that neither it nor the one before names', async () => {
    const [one, two, three] = [
      sign({ a: ['sre'], b: ['*'] }),
      sign({ a: ['sre'], c: ['*'] }, 1),
      sign({ a: ['sre'], d: ['*'] }, 2),
    ] as const;
    await publisher().publish(one);
    await publisher().publish(two);
    expect(await stored()).toEqual([...bundlesIn(one, two), 'manifest'].sort());
    await publisher().publish(three);
    expect(await stored()).toEqual([...bundlesIn(two, three), 'manifest'].sort());
    const none = signCatalog({}, { key: keyOf(worker), revision: revision + 3 });
    await publisher().publish(none);
    expect(await stored()).toEqual([...bundlesIn(three), 'manifest'].sort());
  });
});

test('only the methods of each path', async () => {
  for (const [path, allow] of [
    ['index', 'GET'],
    [`bundles/${'a'.repeat(43)}`, 'GET, PUT'],
    ['manifest', 'PUT'],
  ] as const) {
    const answer = await publisher().send('DELETE', path);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
  }
  expect((await publisher().send('GET', 'index/')).status).toBe(404);
});
