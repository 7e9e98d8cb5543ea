import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSealer, keyLength, type Sealer } from '../../../main/agent/sealing/sealer.ts';
import { openSignInFile } from '../../../main/agent/sealing/sign-in-file.ts';

let folder: string;
let file: string;
let notices: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sealing-'));
  file = path.join(folder, 'google-sign-in.json');
  notices = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const desktop = createSealer(randomBytes(keyLength));
const headless: Sealer = { kind: 'headless' };
const signIn = '{"refresh_token":"1//marker"}';
const open = (sealer: Sealer) =>
  openSignInFile({
    path: file,
    sealer,
    title: 'Google Cloud',
    login: 'login gcp',
    notice: (message) => notices.push(message),
  });
/** Moves a file's age by seconds. */
const later = async (of: string, seconds: number) => {
  const at = Date.now() / 1000 + seconds;
  await utimes(of, at, at);
};
/** As versions before the ids of keys did. */
function sealedBefore(text: string) {
  const key = randomBytes(keyLength);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const all = Buffer.concat([iv, cipher.getAuthTag(), content]);
  return { key, sealed: `k8s-tunnels-sealed-1:${all.toString('base64')}\n` };
}
const bytes = () => readFile(file, 'utf8');

describe('the sealer', () => {
  test('opens what it has sealed, and seals nothing twice alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const sealed = await desktop.seal(text);
        expect(await desktop.open(sealed)).toBe(text);
        expect(await desktop.seal(text)).not.toBe(sealed);
      }),
    );
  });

  test('opens nothing of another key, and nothing that somebody has changed or cut', async () => {
    const sealed = await desktop.seal(signIn);
    const other = createSealer(randomBytes(keyLength));
    await expect(other.open(sealed)).rejects.toThrow();
    const at = sealed.length - 6;
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    await expect(desktop.open(changed)).rejects.toThrow();
    for (const length of [0, 10, 25, 40])
      await expect(desktop.open(sealed.slice(0, length))).rejects.toThrow();
  });
});

describe('with a keychain', () => {
  test('a sign-in is sealed on disk, and there again at the next start', async () => {
    await open(desktop).write(signIn);
    expect(await bytes()).not.toContain('marker');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await open(desktop).read()).toBe(signIn);
    expect(open(desktop).store).toContain('your keychain');
    expect(await open(desktop).remove()).toBe(true);
    expect(await open(desktop).read()).toBeUndefined();
    expect(await open(desktop).remove()).toBe(false);
  });

  test('one of before is sealed when it is first read', async () => {
    await open(headless).write(signIn);
    expect(await bytes()).toBe(signIn);
    expect(await open(desktop).read()).toBe(signIn);
    expect(await bytes()).not.toContain('marker');
    expect(await open(desktop).read()).toBe(signIn);
    expect(notices).toEqual([]);
  });

  test('what is written while it is read is what stays', async () => {
    await writeFile(file, signIn);
    const own = open(desktop);
    await Promise.all([own.read(), own.write('{"refresh_token":"new"}'), own.read()]);
    expect(await own.read()).toBe('{"refresh_token":"new"}');
  });

  test('what the key does not open is set aside, and said', async () => {
    await open(createSealer(randomBytes(keyLength))).write(signIn);
    const sealed = await bytes();
    expect(await open(desktop).read()).toBeUndefined();
    expect(await readdir(folder)).toEqual(['google-sign-in.json.sealed']);
    expect(await readFile(`${file}.sealed`, 'utf8')).toBe(sealed);
    expect(notices).toEqual([expect.stringContaining('`k8s-tunnels login gcp`')]);
    expect(notices[0]).toContain(`${file}.sealed`);
    await open(desktop).write(signIn);
    expect(await open(desktop).read()).toBe(signIn);
  });

  test('what a version before the ids of keys has sealed is opened, and sealed again with the id', async () => {
    const { key, sealed } = sealedBefore('{"refresh_token":"old"}');
    await writeFile(file, sealed);
    const sealer = createSealer(randomBytes(keyLength), { others: [key] });
    expect(await open(sealer).read()).toBe('{"refresh_token":"old"}');
    expect(sealer.isCurrent(await bytes())).toBe(true);
  });

  test('what such a version had set aside for want of its key is used when the key is there', async () => {
    const { key, sealed } = sealedBefore(signIn);
    await writeFile(`${file}.unreadable`, sealed);
    expect(await open(desktop).read()).toBeUndefined();
    expect(await open(createSealer(key)).read()).toBe(signIn);
    expect(await readdir(folder)).toEqual(['google-sign-in.json']);
  });
});

describe('one keychain, another, and the first again', () => {
  const [kwallet, libsecret] = [createSealer(randomBytes(keyLength)), createSealer(randomBytes(keyLength))];

  test('the sign-in of the first is used again', async () => {
    await open(kwallet).write(signIn);
    expect(await open(libsecret).read()).toBeUndefined();
    notices = [];
    expect(await open(kwallet).read()).toBe(signIn);
    expect(await readdir(folder)).toEqual(['google-sign-in.json']);
    expect(notices).toEqual([expect.stringContaining('can be opened again')]);
  });

  test('each has the sign-in that was made with it, however often they change, and none is lost', async () => {
    await open(kwallet).write('first');
    expect(await open(libsecret).read()).toBeUndefined();
    await open(libsecret).write('second');
    for (let round = 0; round < 3; round += 1) {
      expect(await open(kwallet).read()).toBe('first');
      expect(await open(libsecret).read()).toBe('second');
    }
    expect(await readdir(folder)).toHaveLength(2);
  });

  test('a newer sign-in is not replaced by an older one whose key is back', async () => {
    await open(kwallet).write('older');
    const both = createSealer(randomBytes(keyLength), { others: [] });
    expect(await open(both).read()).toBeUndefined();
    await later(`${file}.sealed`, -60);
    await open(both).write('newer');
    const start = open(kwalletAnd(both));
    expect(await start.read()).toBe('newer');
    expect(await start.read()).toBe('newer');
  });

  test('without a keychain what is sealed stays, also under a new sign-in', async () => {
    await open(kwallet).write(signIn);
    await later(file, -60);
    await open(headless).write('{"refresh_token":"new"}');
    expect(await readdir(folder)).toEqual(['google-sign-in.json', 'google-sign-in.json.sealed']);
    expect(await kwallet.open(await readFile(`${file}.sealed`, 'utf8'))).toBe(signIn);
    expect(await open(kwallet).read()).toBe('{"refresh_token":"new"}');
  });

  test('signing out removes what was set aside too', async () => {
    await open(kwallet).write(signIn);
    expect(await open(libsecret).read()).toBeUndefined();
    expect(await open(libsecret).remove()).toBe(true);
    expect(await readdir(folder)).toEqual([]);
    expect(await open(kwallet).read()).toBeUndefined();
  });

  /** Opens what either has sealed. */
  function kwalletAnd(other: Extract<Sealer, { kind: 'keychain' }>): Sealer {
    return { ...other, open: (sealed) => other.open(sealed).catch(() => kwallet.open(sealed)) };
  }
});

describe('without the desktop', () => {
  test('what it has sealed is named as its own, with both ways on, and left as it is', async () => {
    await open(desktop).write(signIn);
    const sealed = await bytes();
    await expect(open(headless).read()).rejects.toMatchObject({
      code: 'login-sealed',
      message: 'Your session with Google Cloud is held by the desktop app.',
      hint: 'Start the k8s-tunnels app, which has the key, or run `k8s-tunnels login gcp` to sign in again.',
    });
    await expect(open({ kind: 'no-keychain' }).read()).rejects.toMatchObject({
      code: 'login-sealed',
      hint: expect.stringContaining('keychain'),
    });
    expect(await bytes()).toBe(sealed);
    expect(notices).toEqual([]);
  });

  test('a new sign-in takes its place, which is said once; the desktop then seals it', async () => {
    await open(desktop).write(signIn);
    const own = open(headless);
    await own.write('{"refresh_token":"new"}');
    await own.write('{"refresh_token":"newer"}');
    expect(notices).toEqual([expect.stringContaining('was replaced')]);
    expect(own.store).toBe(`${file}, which only you can read`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await open(desktop).read()).toBe('{"refresh_token":"newer"}');
    expect(await bytes()).not.toContain('newer');
  });

  test('it can be removed all the same', async () => {
    await open(desktop).write(signIn);
    expect(await open(headless).remove()).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });
});
