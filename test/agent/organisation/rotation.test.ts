import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import nacl from 'tweetnacl';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signaturesIn } from '../../../main/agent/organisation/signature.ts';
import { createSigner } from './publisher.ts';
import { type Rig, startRig } from './rig.ts';

type Signer = ReturnType<typeof createSigner>;

const [before, after, thief] = [createSigner(), createSigner(), createSigner()];

const listing = (revision: number, signers: readonly Signer[], more = '') =>
  `version: 1\nname: Acme\nrevision: ${revision}\nsigning: {publicKeys: [${signers.map(({ key }) => `"${key}"`).join(', ')}]}\n${more}`;
const plain = (revision: number, more = '') => `version: 1\nname: Acme\nrevision: ${revision}\n${more}`;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

/** With a signature of each, one a line. */
const publish = (text: string, ...by: readonly Signer[]) => {
  rig.publish(text);
  rig.publisher.publish('/acme.yaml.sig', by.map((one) => one.sign(text)).join(''));
};
const refused = { code: 'organisation-refused' };
const setUp = async (key?: string) => {
  const keeper = await rig.start();
  await rig.setUp(keeper, rig.url, key === undefined ? {} : { key });
  return keeper;
};

describe('a rotation of the signing key', () => {
  it('goes from the old key over both to the new one, also across a restart', async () => {
    publish(plain(1), before);
    const keeper = await setUp(before.key);
    expect(keeper.view()).toMatchObject({ keys: [before.key], signers: [before.key], revision: 1 });
    publish(listing(2, [before, after]), before);
    await keeper.refresh();
    expect(keeper.view()).toMatchObject({ signed: true, keys: [before.key, after.key], revision: 2 });

    // Either key is enough now.
    const later = await rig.start();
    publish(listing(3, [before, after], 'tagPrefix: new-\n'), after);
    expect(await later.refresh()).toBe(true);
    expect(later.view()).toMatchObject({ signers: [after.key] });
    publish(listing(4, [after]), before);
    await later.refresh();
    expect(later.view()).toMatchObject({ signed: true, keys: [after.key], signers: [before.key] });

    publish(plain(5, 'tagPrefix: evil-\n'), before);
    await expect((await rig.start()).refresh()).rejects.toMatchObject(refused);
    publish(plain(5, 'tagPrefix: good-\n'), after);
    const last = await rig.start();
    expect(await last.refresh()).toBe(true);
    // No list leaves the pinned key.
    expect(last.view()).toMatchObject({ keys: [after.key], signed: true });
  });

  it('reaches who still pins the old key by a file that both keys have signed', async () => {
    publish(plain(1), before);
    const keeper = await setUp(before.key);
    publish(listing(9, [after]), after, before);
    await keeper.refresh();
    expect(keeper.view()).toMatchObject({ keys: [after.key], signers: [before.key] });
  });

  it('begins at a setup with the key that the user gives', async () => {
    publish(listing(1, [before, after]), after);
    const keeper = await setUp(after.key);
    expect(keeper.view()?.keys).toEqual([before.key, after.key]);
    // One of them, named again, unpins no other; a foreign one has to be meant.
    await rig.setUp(keeper, rig.url, { key: after.key });
    expect(keeper.view()?.keys).toEqual([before.key, after.key]);
    publish(plain(2), thief);
    await expect(rig.setUp(keeper, rig.url, { key: thief.key })).rejects.toMatchObject(refused);
    await rig.setUp(keeper, rig.url, { key: thief.key, replace: true });
    expect(keeper.view()?.keys).toEqual([thief.key]);
  });

  it('keeps both where one of them is named again for a file that lists none', async () => {
    publish(listing(1, [before, after]), after);
    const keeper = await setUp(after.key);
    publish(plain(2), before);
    await rig.setUp(keeper, rig.url, { key: before.key });
    expect(keeper.view()?.keys).toEqual([before.key, after.key]);
    await rig.setUp(keeper, rig.url, { key: before.key, replace: true });
    expect(keeper.view()?.keys).toEqual([before.key]);
  });
});

describe('a replaced key', () => {
  /** Pinned to the new key alone, after a rotation. */
  const rotated = async () => {
    publish(listing(2, [before, after]), before, after);
    const keeper = await setUp(before.key);
    publish(listing(3, [after]), after);
    await keeper.refresh();
    return keeper;
  };

  it.each<[string, () => string]>([
    ['of a file that lists it', () => listing(2, [before, after])],
    ['of a file from before, without a list', () => plain(1)],
    ['of a file without a revision', () => 'version: 1\nname: Acme\n'],
    ['of a file with the same revision', () => listing(3, [before, after])],
  ])('is not brought back by a replay %s', async (_, text) => {
    const keeper = await rotated();
    publish(text(), before, after);
    await expect(keeper.refresh()).rejects.toMatchObject(refused);
    await expect(rig.setUp(keeper, rig.url)).rejects.toMatchObject(refused);
    const later = await rig.start();
    await expect(later.refresh()).rejects.toMatchObject(refused);
    expect(later.view()).toMatchObject({ keys: [after.key], revision: 3 });
  });

  it('signs nothing any more, whatever the revision', async () => {
    const keeper = await rotated();
    publish(listing(99, [thief]), before);
    await expect(keeper.refresh()).rejects.toMatchObject(refused);
    const link = `k8s-tunnels://setup?${new URLSearchParams({ url: rig.url, key: before.key })}`;
    await expect(rig.setUp(keeper, link)).rejects.toMatchObject(refused);
    expect(keeper.view()?.keys).toEqual([after.key]);
  });

  it('is not brought back where this version cannot read what was accepted', async () => {
    await rotated();
    const file = path.join(rig.config, 'organisation.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('name: Acme', 'nom: Acme'));
    const keeper = await rig.start();
    expect(keeper.current()).toBeUndefined();
    publish(listing(2, [before, after]), after);
    await expect(keeper.refresh()).rejects.toMatchObject(refused);
    publish(listing(4, [after]), after);
    expect(await keeper.refresh()).toBe(true);
  });
});

describe('listed keys', () => {
  it('gain nothing in a file that nobody signed, even with consent', async () => {
    rig.publish(plain(1));
    const keeper = await setUp();
    rig.publish(listing(2, [thief]));
    await keeper.refresh();
    expect(keeper.view()?.pending).toEqual(['signing.publicKeys']);
    const preview = await keeper.preview({});
    expect(preview.remarks.join(' ')).toContain('count only if you give one of them');
    await keeper.apply({ digest: preview.digest });
    expect(keeper.view()).toMatchObject({ signed: false });
    expect(keeper.view()).not.toHaveProperty('keys');
  });

  it('gain nothing where a link brought the key', async () => {
    publish(listing(1, [thief]), before);
    const link = `k8s-tunnels://setup?${new URLSearchParams({ url: rig.url, key: before.key })}`;
    const keeper = await rig.start();
    await rig.setUp(keeper, link);
    expect(keeper.view()).toMatchObject({ signed: false, keys: [before.key] });
    // Neither does a second look at it make the key the user's.
    for (const again of [link, rig.url]) {
      expect(await keeper.preview({ source: again })).toMatchObject({ signed: false });
      await rig.setUp(keeper, again);
      expect(keeper.view()).toMatchObject({ signed: false, keys: [before.key] });
    }
    publish(listing(2, [thief]), thief);
    await expect(keeper.refresh()).rejects.toMatchObject(refused);
    // The user types it: from then on the list counts.
    publish(listing(2, [before, after]), before);
    await rig.setUp(keeper, rig.url, { key: before.key });
    expect(keeper.view()).toMatchObject({ signed: true, keys: [before.key, after.key] });
  });

  it('need a revision', async () => {
    rig.publish(`version: 1\nname: Acme\nsigning: {publicKeys: ["${before.key}"]}\n`);
    await expect((await rig.start()).preview({ source: rig.url })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('revision: is missing'),
    });
  });
});

describe('a file of signatures', () => {
  const text = plain(1);
  const lines = [before.sign(text), after.sign(text)];
  const wrapped = lines.map((line) => line.replace(/^(.{76})/, '$1\n'));
  const bare = lines.map((line) => line.replace(/=+\n$/, ''));

  it.each<[string, string, number]>([
    ['one', lines[0] ?? '', 1],
    ['one that is wrapped', wrapped[0] ?? '', 1],
    ['one without padding', bare[0] ?? '', 1],
    ['two', lines.join(''), 2],
    ['two that are wrapped', wrapped.join(''), 2],
    ['two without padding', bare.join('\r\n'), 2],
    ['none', '\n', 0],
    ['something else', '<html>Welcome</html>', 0],
  ])('may hold %s', (_, file, count) => {
    expect(signaturesIn(Buffer.from(file)).map((one) => one.toString('base64'))).toEqual(
      lines.slice(0, count).map((line) => line.trim()),
    );
  });

  it('is read by versions that know one signature as its first line', () => {
    const first = Buffer.from(lines.join('').trim(), 'base64');
    expect(first.length).toBe(nacl.sign.signatureLength);
    expect(nacl.sign.detached.verify(Buffer.from(text), first, Buffer.from(before.key, 'base64'))).toBe(true);
  });

  it('counts for no more than eight', () => {
    const many = Array.from({ length: 30 }, () => createSigner().sign(text)).join('');
    expect(signaturesIn(Buffer.from(many))).toHaveLength(8);
  });
});

it('a setup that an older version stored goes on, and one of ours is understood there', async () => {
  publish(plain(1), before);
  await setUp(before.key);
  const file = path.join(rig.config, 'organisation.json');
  const { data } = JSON.parse(await readFile(file, 'utf8')) as { data: Record<string, unknown> };
  // What that version knows.
  const { origin, key, keyFrom, etag, text, readAt } = data;
  expect({ origin, key, keyFrom, text, readAt }).toMatchObject({ key: before.key, keyFrom: 'user' });
  await writeFile(file, JSON.stringify({ version: 1, data: { origin, key, keyFrom, etag, text, readAt } }));
  const keeper = await rig.start();
  expect(keeper.view()).toMatchObject({ keys: [before.key], revision: 1, signed: true });
  publish(plain(0), before);
  await expect(keeper.refresh()).rejects.toMatchObject(refused);
  publish(listing(2, [before, after]), before);
  await keeper.refresh();
  expect(keeper.view()?.keys).toEqual([before.key, after.key]);
});
