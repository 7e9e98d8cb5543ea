import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bundlesOf } from '../../../main/cli/publish/bundles.ts';
import {
  openBundle,
  type PublishedRecord,
  planPublication,
  signPublication,
  type Wanted,
} from '../../../main/cli/publish/plan.ts';
import { isPublishable, publishedCluster } from '../../../main/cli/publish/published-cluster.ts';
import { newKey, signingKeyFrom } from '../../../main/cli/publish/signing-key.ts';
import { locationsRead } from '../../../main/cli/publish/unread.ts';
import type { Cell, Cluster, ClusterId, Source } from '../../../main/model/cluster.ts';
import { catalogManifestSchema, catalogRecordSchema } from '../../../main/model/published-catalog.ts';
import { eksCluster } from '../../agent/catalog/clusters.ts';

const key = signingKeyFrom(newKey().privateKey, 'the key');
const wanted = (name: string, audience: readonly string[], fields: object = {}): Wanted => ({
  cluster: { ...publishedCluster(eksCluster(name)), ...fields },
  audience,
});
const publication = (
  list: readonly Wanted[],
  before: ReadonlyMap<ClusterId, PublishedRecord>,
  revision: number,
  by = key,
) => {
  const plan = planPublication(list, before);
  const signed = signPublication(plan, { key: by, revision, publishedAt: new Date(0), maxAge: 60 });
  const published = new Map(signed.bundles.flatMap((bundle) => openBundle(bundle, by)));
  return { plan, ...signed, published };
};

describe('a record', () => {
  test('has nothing that belongs to the publisher', () => {
    const cluster: Cluster = { ...eksCluster('a', { seenAt: 5 }), production: true };
    const record = publishedCluster(cluster);
    expect(record).not.toHaveProperty('seenAt');
    expect(record).not.toHaveProperty('stale');
    expect(record).not.toHaveProperty('production');
    expect(record).toMatchObject({
      id: cluster.id,
      server: cluster.server,
      credential: { kind: 'eks', cluster: 'a', region: 'eu-west-1' },
    });
    expect(JSON.stringify(record)).not.toContain('ways');
    const gke = { ...cluster, credential: { kind: 'gke', account: 'ci@acme.example' } } as const;
    expect(publishedCluster(gke)).toMatchObject({ credential: { kind: 'gke' } });
    expect(JSON.stringify(publishedCluster(gke))).not.toContain('ci@acme.example');
    const vault = {
      ...cluster,
      credential: { kind: 'vault', address: 'https://v', version: 2, mount: 'm', path: 'p', holds: 'token' },
    } as const;
    expect(publishedCluster(vault)).toMatchObject({ credential: vault.credential });
  });

  test('is none of a cluster file, and none of what was not read', () => {
    const cluster = eksCluster('a');
    expect(isPublishable(cluster)).toBe(true);
    expect(isPublishable({ ...cluster, stale: true })).toBe(false);
    expect(isPublishable({ ...cluster, source: 'file' })).toBe(false);
  });
});

describe('a publication', () => {
  test('keeps the envelopes and bundles of what did not change', () => {
    const first = publication(
      [wanted('a', ['sre']), wanted('b', ['*']), wanted('c', ['sre'])],
      new Map(),
      10,
    );
    expect(first.plan.changes.map(({ kind, cluster }) => [kind, cluster.split('/').at(-1)])).toEqual([
      ['added', 'a'],
      ['added', 'b'],
      ['added', 'c'],
    ]);
    const second = publication(
      [wanted('a', ['sre'], { version: '1.34' }), wanted('b', ['*']), wanted('c', ['sre'])],
      first.published,
      11,
    );
    expect(second.plan.changes).toEqual([
      { kind: 'changed', cluster: eksCluster('a').id, audience: ['sre'], fields: ['version'] },
    ]);
    const revisions = [...second.published.values()].map(({ record }) => record.revision);
    expect(revisions.toSorted((a, b) => a - b)).toEqual([10, 10, 11]);
    const digests = (audience: string, { bundles }: typeof first) =>
      bundles.filter((one) => one.audience.includes(audience)).map(({ digest }) => digest);
    expect(digests('*', second)).toEqual(digests('*', first));
    expect(digests('sre', second)).not.toEqual(digests('sre', first));
    // Nothing at all changed: the same bundles, and a new manifest.
    const third = publication(
      [wanted('a', ['sre'], { version: '1.34' }), wanted('b', ['*']), wanted('c', ['sre'])],
      second.published,
      12,
    );
    expect([third.plan.changes, third.bundles]).toEqual([[], second.bundles]);
    expect(third.manifest).not.toEqual(second.manifest);
  });

  test('says who got a cluster before, and what is gone', () => {
    const first = publication([wanted('a', ['sre']), wanted('b', ['*'])], new Map(), 10);
    const { changes } = publication([wanted('a', ['finance', 'sre'])], first.published, 11).plan;
    expect(changes).toEqual([
      {
        kind: 'changed',
        cluster: eksCluster('a').id,
        audience: ['finance', 'sre'],
        before: ['sre'],
        fields: [],
      },
      { kind: 'removed', cluster: eksCluster('b').id, audience: ['*'] },
    ]);
  });

  test('signs everything again with another key, and keeps the revisions', () => {
    const first = publication([wanted('a', ['sre'])], new Map(), 10);
    const other = signingKeyFrom(newKey().privateKey, 'the new key');
    const known = new Map(first.bundles.flatMap((bundle) => openBundle(bundle, other)));
    const second = publication([wanted('a', ['sre'])], known, 11, other);
    expect(second.plan.changes).toEqual([]);
    const [record] = [...second.published.values()];
    expect(record).toMatchObject({ isOurs: true, record: { revision: 10 } });
    expect(record?.envelope.keyId).toBe(other.keyId);
  });

  test('takes no record from the Worker that it has not signed', () => {
    const first = publication([wanted('a', ['sre'])], new Map(), 10);
    const [bundle] = first.bundles;
    const [envelope] = bundle?.envelopes ?? [];
    const payload = Buffer.from(envelope?.payload ?? '', 'base64').toString();
    const forged = {
      payload: Buffer.from(payload.replace('eks.amazonaws.com', 'attacker.example')).toString('base64'),
    };
    const envelopes = [
      { ...envelope, ...forged },
      { ...envelope, payload: 'bm9uZQ==' },
    ] as (typeof envelope & object)[];
    const known = new Map(openBundle({ envelopes, audience: ['sre'] }, key));
    expect([...known.values()].map(({ isOurs }) => isOurs)).toEqual([false]);
    const second = publication([wanted('a', ['sre'])], known, 11);
    expect([...second.published.values()][0]?.record.cluster).toEqual(wanted('a', ['sre']).cluster);
  });

  test('has payloads as the app reads them', () => {
    const { manifest, bundles } = publication([wanted('a', ['sre'])], new Map(), 10);
    const payload = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString()) as unknown;
    expect(catalogManifestSchema.parse(payload(manifest.payload))).toMatchObject({
      revision: 10,
      maxAge: 60,
    });
    const [envelope] = bundles[0]?.envelopes ?? [];
    expect(catalogRecordSchema.parse(payload(envelope?.payload ?? ''))).toMatchObject({ revision: 10 });
  });
});

test('a large audience has bundles of its own size, of which a new cluster changes one', () => {
  const record = (name: string) => {
    const { id } = eksCluster(name);
    return { id, audience: ['*'], envelope: key.seal({ id }) };
  };
  const records = Array.from({ length: 900 }, (_, at) => record(`c${at}`));
  const before = bundlesOf(records);
  expect(before.length).toBe(4);
  expect(before.flatMap(({ envelopes }) => envelopes).length).toBe(900);
  const known = new Set(before.map(({ digest }) => digest));
  expect(bundlesOf([...records, record('new')]).filter(({ digest }) => !known.has(digest)).length).toBe(1);
  expect(bundlesOf([])).toEqual([]);
});

describe('locations that were read', () => {
  const cell = (id: string, more: Partial<Cell> = {}): Cell => {
    const [source = '', account = '', region = ''] = id.split('/');
    return { id, source: source as Source, account, region, readAt: 100, ...more };
  };
  const error = (code: 'aws-denied' | 'aws-region-disabled') =>
    ({ code, message: 'm', retryable: false }) as const;
  const isRead = (cells: readonly Cell[], failed: readonly Cell[], id: string) =>
    locationsRead({ cells, failed, startedAt: 100 })(`${id}/name` as ClusterId);

  test('are those that were listed in this run, or are switched off', () => {
    expect(isRead([cell('eks/1/eu')], [], 'eks/1/eu')).toBe(true);
    expect(isRead([cell('eks/1/eu', { readAt: 99 })], [], 'eks/1/eu')).toBe(false);
    const off = cell('eks/1/af', {
      readAt: undefined as never,
      triedAt: 100,
      error: error('aws-region-disabled'),
    });
    expect(isRead([off], [], 'eks/1/af')).toBe(true);
    const failed = cell('eks/1/eu', { triedAt: 100, error: error('aws-denied') });
    expect(isRead([failed], [failed], 'eks/1/eu')).toBe(false);
  });

  test('are a location that is no longer named, if its account was read in full', () => {
    const cells = [cell('gke/shop/-'), cell('eks/1/us')];
    expect(isRead(cells, [], 'gke/shop/europe-west1')).toBe(true);
    expect(isRead(cells, [], 'gke/other/europe-west1')).toBe(false);
    expect(isRead(cells, [], 'eks/2/us')).toBe(false);
    expect(isRead(cells, [cell('eks/1/eu')], 'eks/1/af')).toBe(false);
    expect(isRead(cells, [cell('eks/1/eu')], 'eks/1/us')).toBe(true);
  });

  test('are none of an unnamed location while the list of accounts failed', () => {
    const cells = [cell('gke/shop/-')];
    expect(isRead(cells, [cell('gke/*/*')], 'gke/shop/europe-west1')).toBe(false);
    expect(isRead(cells, [cell('eks/*/*')], 'gke/shop/europe-west1')).toBe(true);
  });
});

describe('a signing key', () => {
  test('is read as PEM and as base64, and signs what others verify', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const der = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    for (const text of [pem, der, `${der}\n`]) {
      const { seal, open, publicKey: raw } = signingKeyFrom(text, 'the key');
      expect(raw).toBe(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64'));
      const envelope = seal({ a: 1 });
      const bytes = Buffer.from(envelope.payload, 'base64');
      expect(verify(null, bytes, publicKey, Buffer.from(envelope.signature, 'base64'))).toBe(true);
      expect(open(envelope)).toEqual({ a: 1 });
      expect(open({ ...envelope, payload: 'e30=' })).toBeUndefined();
    }
  });

  test.each([
    ['nothing', ''],
    ['no key', 'c2VjcmV0'],
    [
      'an RSA key',
      String(
        generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }),
      ),
    ],
    [
      'a public key',
      String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })),
    ],
  ])('is not %s, and the error says how to make one', (_, text) => {
    expect(() => signingKeyFrom(text, 'catalog.key')).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message: expect.stringContaining('catalog.key'),
        hint: expect.stringContaining('--new-key'),
      }),
    );
  });
});
