import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
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
    expect(await readdir(folder)).toEqual(['google-sign-in.json.unreadable']);
    expect(await readFile(`${file}.unreadable`, 'utf8')).toBe(sealed);
    expect(notices).toEqual([expect.stringContaining('`k8s-tunnels login gcp`')]);
    await open(desktop).write(signIn);
    expect(await open(desktop).read()).toBe(signIn);
  });
});

describe('without the desktop', () => {
  test('what it has sealed is named as its own, with both ways on, and left as it is', async () => {
    await open(desktop).write(signIn);
    const sealed = await bytes();
    await expect(open(headless).read()).rejects.toMatchObject({
      code: 'login-sealed',
      message: 'Your sign-in to Google Cloud is held by the desktop app.',
      hint: 'Start the k8s-tunnels app, which has the key, or run `k8s-tunnels login gcp` to sign in anew.',
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
