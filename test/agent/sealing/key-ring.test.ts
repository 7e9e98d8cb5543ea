import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { type Keychain, openKeyRing } from '../../../main/agent/sealing/key-ring.ts';
import type { Sealer } from '../../../main/agent/sealing/sealer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'key-ring-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A store of keychains, without authentication as Chromium's on Linux, so that another one may give nonsense. */
function store(): Keychain {
  const key = randomBytes(16);
  const iv = Buffer.alloc(16, ' ');
  return {
    isAvailable: () => true,
    encrypt(text) {
      const cipher = createCipheriv('aes-128-cbc', key, iv);
      return Buffer.concat([cipher.update(text), cipher.final()]);
    },
    decrypt(encrypted) {
      const decipher = createDecipheriv('aes-128-cbc', key, iv);
      return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString();
    },
  };
}
/** Refuses so many questions, as a person who denies a prompt. */
function denied(keychain: Keychain, times: number): Keychain {
  let left = times;
  return {
    ...keychain,
    decrypt(encrypted) {
      left -= 1;
      if (left >= 0) throw new Error('denied');
      return keychain.decrypt(encrypted);
    },
  };
}
const failing = (): never => {
  throw new Error('locked');
};

const start = (keychain: Keychain) => openKeyRing({ folder, keychain, logger: silentLogger });
const seals = (sealer: Sealer) => {
  if (sealer.kind !== 'keychain') throw new Error(`it is ${sealer.kind}`);
  return sealer;
};
/** Every file with its bytes. */
const files = async () =>
  Object.fromEntries(
    await Promise.all(
      (await readdir(folder)).map(
        async (name) => [name, await readFile(path.join(folder, name), 'base64')] as const,
      ),
    ),
  );

test('the first key is made once, private, and opens at the next start what it has sealed', async () => {
  const keychain = store();
  const sealed = await seals(await start(keychain)).seal('text');
  expect(await readdir(folder)).toEqual(['sign-in-key']);
  expect((await stat(path.join(folder, 'sign-in-key'))).mode & 0o777).toBe(0o600);
  const again = seals(await start(keychain));
  expect(await again.open(sealed)).toBe('text');
  expect(again.warning).toBeUndefined();
  expect(await readdir(folder)).toEqual(['sign-in-key']);
});

test('kwallet, libsecret and kwallet again: every key stays as it is, and is used again', async () => {
  const [kwallet, libsecret] = [store(), store()];
  const first = await seals(await start(kwallet)).seal('first');
  const before = await files();
  const other = seals(await start(libsecret));
  expect(other.warning).toContain('another keychain answers');
  const second = await other.seal('second');
  await expect(other.open(first)).rejects.toThrow();
  for (let round = 0; round < 2; round += 1) {
    const back = seals(await start(kwallet));
    expect(await back.open(first)).toBe('first');
    expect(back.warning).toBeUndefined();
    expect(await seals(await start(libsecret)).open(second)).toBe('second');
  }
  const after = await files();
  expect(after).toMatchObject(before);
  expect(Object.keys(after)).toHaveLength(2);
});

test('the key that an older version had set aside is used again', async () => {
  const keychain = store();
  const sealed = await seals(await start(keychain)).seal('text');
  const bytes = await readFile(path.join(folder, 'sign-in-key'));
  await writeFile(path.join(folder, 'sign-in-key.unreadable'), bytes);
  await writeFile(path.join(folder, 'sign-in-key'), 'of another keychain');
  expect(await seals(await start(keychain)).open(sealed)).toBe('text');
});

test('sealed by either of two keys that open, it is opened, by the id that is written in it', async () => {
  const [kwallet, libsecret] = [store(), store()];
  const first = await seals(await start(kwallet)).seal('first');
  const second = await seals(await start(libsecret)).seal('second');
  const both = seals(
    await start({
      ...kwallet,
      decrypt(encrypted) {
        try {
          const text = kwallet.decrypt(encrypted);
          return text.endsWith('=') ? text : libsecret.decrypt(encrypted);
        } catch {
          return libsecret.decrypt(encrypted);
        }
      },
    }),
  );
  expect([await both.open(first), await both.open(second)]).toEqual(['first', 'second']);
});

describe('nothing is made, renamed or removed', () => {
  let keychain: Keychain;
  let sealed: string;
  let before: Record<string, string>;
  beforeEach(async () => {
    keychain = store();
    sealed = await seals(await start(keychain)).seal('text');
    before = await files();
  });
  afterEach(async () => {
    expect(await files()).toEqual(before);
    expect(await seals(await start(keychain)).open(sealed)).toBe('text');
  });

  test('by a prompt that was denied once', async () => {
    expect(await seals(await start(denied(keychain, 1))).open(sealed)).toBe('text');
  });

  test.each<[string, Partial<Keychain>]>([
    ['is not there', { isAvailable: () => false }],
    ['is locked', { encrypt: failing, decrypt: failing }],
    ['refuses to open anything', { decrypt: failing }],
    ['gives nonsense', { decrypt: () => '\u0000nonsense' }],
    ['gives a text of the length of a key', { decrypt: () => 'A'.repeat(44) }],
    ['takes nothing and gives nonsense', { encrypt: failing, decrypt: () => '' }],
  ])('by a keychain that %s; the user is told what to do', async (_, behaves) => {
    const sealer = await start({ ...keychain, ...behaves });
    expect(sealer.kind).toBe('no-keychain');
    expect(sealer).toMatchObject({ warning: expect.stringContaining('Unlock the keychain') });
  });
});

test('a keychain that never was there is no news', async () => {
  expect(await start({ ...store(), isAvailable: () => false })).toEqual({ kind: 'no-keychain' });
  expect(await start({ ...store(), encrypt: failing })).toEqual({ kind: 'no-keychain' });
  expect(await readdir(folder)).toEqual([]);
});

test('a keychain that is new at every start does not fill the folder, and no key goes', async () => {
  const first = store();
  await start(first);
  for (let at = 0; at < 40; at += 1) await start(store());
  const names = await readdir(folder);
  expect(names).toHaveLength(32);
  expect(await start(store())).toMatchObject({
    kind: 'no-keychain',
    warning: expect.stringContaining(folder),
  });
  expect(seals(await start(first)).warning).toBeUndefined();
});
