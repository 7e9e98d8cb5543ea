import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../main/agent/parts.ts';
import { createAcceptedCatalogs } from '../../../../main/agent/providers/catalog/accepted-catalog.ts';
import type { Answered } from '../../../../main/agent/providers/catalog/ask-catalog.ts';
import type { Cluster } from '../../../../main/model/cluster.ts';
import type { CatalogAnswer, Envelope } from '../../../../main/model/published-catalog.ts';
import {
  answerTo,
  createPublisherKey,
  type Entry,
  type Publication,
  publication,
} from '../../../world/catalog/publication.ts';
import { eksCluster as listedCluster } from '../../catalog/clusters.ts';
import { type SkippingClock, skippingClock } from '../../skipping-clock.ts';

const url = 'https://catalog.acme.example';
const hour = 3_600_000;
const key = createPublisherKey();
const stranger = createPublisherKey();

const eksCluster = (name: string, change: Partial<Cluster> = {}): Cluster => ({
  ...listedCluster(name, { profiles: ["the publisher's"] }),
  ...change,
});

const entries: readonly Entry[] = [
  { cluster: eksCluster('orders'), audience: ['*'] },
  { cluster: eksCluster('ledger'), audience: ['finance'] },
  { cluster: eksCluster('lake'), audience: ['data'] },
];

let folder: string;
let clock: SkippingClock;
let notices: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'accepted-catalog-'));
  clock = skippingClock({ isStill: true });
  notices = [];
});
afterEach(() => rm(folder, { recursive: true }));

const open = () =>
  createAcceptedCatalogs({ folder, clock, logger: silentLogger, notice: (text) => notices.push(text) });
const at = (ms = 0) => new Date(clock.now() + ms);
const published = (revision: number, more: Partial<Parameters<typeof publication>[0]> = {}) =>
  publication({ key, entries, revision, publishedAt: at(), ...more });
const changed = (one: Publication, groups = ['finance']): Answered => ({
  kind: 'changed',
  answer: answerTo(one, groups),
  etag: `"${groups}"`,
});
const from = { url, publicKeys: [key.publicKey] };

/** Changes an answer as a Worker that was taken over could. */
function tampered(one: Publication, change: (answer: CatalogAnswer) => Partial<CatalogAnswer>): Answered {
  const answer = answerTo(one, ['finance']);
  return { kind: 'changed', answer: { ...answer, ...change(answer) }, etag: undefined };
}

const names = async (catalogs: ReturnType<typeof open>, publicKeys = from.publicKeys) =>
  (await catalogs.current(publicKeys))?.clusters.map(({ name }) => name).sort();

it('holds the clusters of the caller’s groups, last seen when they were published, without the publisher’s logins', async () => {
  const catalogs = open();
  await catalogs.accept(changed(published(1)), from);
  expect(await names(catalogs)).toEqual(['ledger', 'orders']);
  const [cluster] = (await catalogs.current(from.publicKeys))?.clusters ?? [];
  expect(cluster).toMatchObject({ seenAt: clock.now(), stale: false, credential: { kind: 'eks', ways: [] } });
  expect(await catalogs.etag(from)).toBe('"finance"');
  expect(await catalogs.etag({ ...from, url: 'https://other.example' })).toBeUndefined();
  expect(await catalogs.etag({ ...from, publicKeys: [stranger.publicKey] })).toBeUndefined();
});

it('is there after a start, checked again with the keys that may sign then', async () => {
  await open().accept(changed(published(1)), from);
  expect(await names(open())).toEqual(['ledger', 'orders']);
  expect(await names(open(), [stranger.publicKey])).toBeUndefined();
  expect(await names(open(), [stranger.publicKey, key.publicKey])).toEqual(['ledger', 'orders']);
});

it('is set aside where its file cannot be read', async () => {
  await open().accept(changed(published(1)), from);
  await writeFile(path.join(folder, 'published-catalog.json'), '{"version":1,"data":{"floors":{');
  const catalogs = open();
  expect(await names(catalogs)).toBeUndefined();
  expect(await readdir(folder)).toEqual([
    'published-catalog-records.json',
    'published-catalog.json.unreadable',
  ]);
  expect(notices).toEqual([expect.stringContaining('published-catalog.json.unreadable')]);
  await catalogs.accept(changed(published(1)), from);
  expect(await names(open())).toEqual(['ledger', 'orders']);
});

it('is not used where a part of it on disk is missing, broken or another one', async () => {
  const records = path.join(folder, 'published-catalog-records.json');
  await open().accept(changed(published(1, { entries: entries.slice(0, 2) })), from);
  const other = await readFile(records, 'utf8');
  await open().accept(changed(published(2)), from);
  for (const text of [other.replace('A', 'B'), other, '[]']) {
    await writeFile(records, text);
    const catalogs = open();
    expect(await names(catalogs)).toBeUndefined();
    expect(await catalogs.etag(from)).toBeUndefined();
  }
  expect(await readdir(folder)).toContain('published-catalog-records.json.unreadable');
  // What may follow is known all the same.
  await expect(open().accept(changed(published(1)), from)).rejects.toMatchObject({
    message: expect.stringMatching(/older than 2/),
  });
});

it('is renewed by the manifest of an answer without content', async () => {
  const catalogs = open();
  const first = published(1);
  await catalogs.accept(changed(first), from);
  clock.skip(hour);
  const renewed = published(2, { publishedAt: at(), manifest: {} });
  // The same records: a publication without a change signs the manifest alone.
  const manifest = key.seal({ ...payloadOf(first.manifest), revision: 2, publishedAt: at().toISOString() });
  await catalogs.accept({ kind: 'unchanged', manifest }, from);
  expect(await catalogs.current(from.publicKeys)).toMatchObject({ manifest: { revision: 2 } });
  expect((await catalogs.current(from.publicKeys))?.clusters[0]?.seenAt).toBe(clock.now());
  await expect(
    catalogs.accept({ kind: 'unchanged', manifest: renewed.manifest }, from),
  ).rejects.toMatchObject({
    code: 'answer-refused',
  });
  expect(await names(open())).toEqual(['ledger', 'orders']);
});

function payloadOf({ payload }: Envelope): Record<string, unknown> {
  return JSON.parse(Buffer.from(payload, 'base64').toString()) as Record<string, unknown>;
}

describe('is refused, and the one before it stays', () => {
  const bogus = (record: Envelope, change: Record<string, unknown>): Envelope => ({
    ...record,
    payload: Buffer.from(JSON.stringify({ ...payloadOf(record), ...change })).toString('base64'),
  });
  const evil = eksCluster('orders', { server: 'https://evil.example' });
  const cases: Record<string, () => { readonly answer: Answered; readonly why: RegExp }> = {
    'a record with another content and its old signature': () => ({
      answer: tampered(published(3), ({ bundles }) => ({
        bundles: bundles.map((records) => records.map((one) => bogus(one, { cluster: evil }))),
      })),
      why: /signature of a record is wrong/,
    }),
    'a record that was checked before, with another content': () => ({
      answer: tampered(accepted, ({ bundles }) => ({
        bundles: bundles.map((records) => records.map((one) => bogus(one, { cluster: evil }))),
      })),
      why: /signature of a record is wrong/,
    }),
    'a record that a foreign key signed, under the name of a pinned one': () => ({
      answer: (() => {
        const foreign = publication({ key: stranger, entries, revision: 3, publishedAt: at() });
        const answer = answerTo(foreign, ['finance']);
        const bundles = answer.bundles.map((records) => records.map((one) => ({ ...one, keyId: key.keyId })));
        const manifest = key.seal(payloadOf(foreign.manifest));
        return { kind: 'changed', answer: { ...answer, manifest, bundles }, etag: undefined };
      })(),
      why: /signature of a record is wrong/,
    }),
    'a foreign key': () => ({
      answer: changed(publication({ key: stranger, entries, revision: 3, publishedAt: at() })),
      why: /configuration does not name/,
    }),
    'a manifest that a foreign key signed, under the name of a pinned one': () => ({
      answer: tampered(
        publication({ key: stranger, entries, revision: 3, publishedAt: at() }),
        ({ manifest }) => ({
          manifest: { ...manifest, keyId: key.keyId },
        }),
      ),
      why: /signature of its manifest is wrong/,
    }),
    'an old revision': () => ({ answer: changed(published(1)), why: /older than 2/ }),
    'another content under the same revision': () => ({
      answer: changed(published(2, { entries: entries.slice(1) })),
      why: /accepted before with other content/,
    }),
    'a stale manifest': () => ({
      answer: changed(published(3, { publishedAt: at(-25 * hour) })),
      why: /no longer valid/,
    }),
    'a manifest from the future': () => ({
      answer: changed(published(3, { publishedAt: at(hour) })),
      why: /in the future/,
    }),
    'a bundle without one of its records': () => ({
      answer: tampered(
        published(3, { entries: [...entries, { cluster: eksCluster('billing'), audience: ['finance'] }] }),
        ({ bundles }) => ({ bundles: bundles.map((records) => records.slice(0, 1)) }),
      ),
      why: /a part of it is not the one/,
    }),
    'a bundle of an older publication': () => ({
      answer: tampered(published(3), () => ({ bundles: answerTo(published(2), ['data']).bundles })),
      why: /a part of it is not the one/,
    }),
    'a bundle twice': () => ({
      answer: tampered(published(3), ({ bundles }) => ({ bundles: [...bundles, ...bundles] })),
      why: /a part of it is not the one/,
    }),
    'other digests': () => ({
      answer: tampered(published(3), ({ digests }) => ({ digests: digests.slice(1) })),
      why: /do not make up what its manifest signs/,
    }),
    'a record that is newer than its manifest': () => ({
      answer: changed(published(4, { manifest: { revision: 3 } })),
      why: /newer than its manifest/,
    }),
    'a record that names a file of this computer': () => ({
      answer: changed(
        published(3, {
          entries: [
            {
              cluster: eksCluster('orders', {
                credential: { kind: 'file', file: '/home/ada/clusters.yaml', cluster: 'orders' },
              }),
              audience: ['*'],
            },
          ],
        }),
      ),
      why: /cannot be published/,
    }),
    'a record whose id is of another location': () => ({
      answer: changed(
        published(3, {
          entries: [{ cluster: eksCluster('orders', { region: 'us-east-1' }), audience: ['*'] }],
        }),
      ),
      why: /another location/,
    }),
    'a record that is not a cluster': () => ({
      answer: changed(
        published(3, {
          entries: [{ cluster: eksCluster('orders', { server: 7 as unknown as string }), audience: ['*'] }],
        }),
      ),
      why: /does not fit this version/,
    }),
    'two records of one cluster': () => ({
      answer: changed(
        published(3, { entries: [...entries, { cluster: eksCluster('orders'), audience: ['finance'] }] }),
      ),
      why: /two records/,
    }),
  };
  let accepted: Publication;
  for (const [name, make] of Object.entries(cases)) {
    it(name, async () => {
      const catalogs = open();
      accepted = published(2, { publishedAt: at(-1_000) });
      await catalogs.accept(changed(accepted), from);
      const onDisk = async () =>
        Promise.all((await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8')));
      const before = await onDisk();
      const { answer, why } = make();
      await expect(catalogs.accept(answer, from)).rejects.toMatchObject({
        code: 'answer-refused',
        message: expect.stringMatching(why),
      });
      expect(await names(catalogs)).toEqual(['ledger', 'orders']);
      expect(await onDisk()).toEqual(before);
    });
  }
});

it('knows the oldest revision that may follow although a key was removed in the meantime', async () => {
  const second = createPublisherKey();
  const catalogs = open();
  const both = { url, publicKeys: [key.publicKey, second.publicKey] };
  await catalogs.accept(changed(published(5)), both);
  await catalogs.accept(changed(publication({ key: second, entries, revision: 9, publishedAt: at() })), both);
  const again = open();
  // What the first key signed before is not taken back.
  await expect(again.accept(changed(published(7)), both)).rejects.toMatchObject({
    message: expect.stringMatching(/older than 9/),
  });
  // Another publisher with a key of its own begins at 1.
  const other = createPublisherKey();
  await again.accept(changed(publication({ key: other, entries, revision: 1, publishedAt: at() })), {
    url,
    publicKeys: [other.publicKey],
  });
  expect(await names(again, [other.publicKey])).toEqual(['ledger', 'orders']);
});
