import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSigner } from './publisher.ts';
import { type Rig, startRig } from './rig.ts';

type Signer = ReturnType<typeof createSigner>;

const [before, after] = [createSigner(), createSigner()];
const acme = (revision: number, more = '') => `version: 1\nname: Acme\nrevision: ${revision}\n${more}`;

let rig: Rig;
let keysFile: string;
beforeEach(async () => {
  rig = await startRig();
  keysFile = path.join(path.dirname(rig.managed), 'managed.keys');
});
afterEach(() => rig.close());

const write = async (file: string, text: string) => {
  await writeFile(file, text);
  await chmod(file, 0o644);
};
const install = async (text: string, ...by: readonly Signer[]) => {
  await write(rig.managed, text);
  await write(`${rig.managed}.sig`, by.map((one) => one.sign(text)).join(''));
};

describe('a managed file with keys beside it', () => {
  it('needs a signature of one of them, which the view shows', async () => {
    await write(keysFile, `# since 2026\n${before.key}\n\n${after.key} # the next one\n`);
    await install(acme(1), after);
    const keeper = await rig.start();
    expect(keeper.view()).toMatchObject({
      origin: 'managed',
      signed: true,
      signers: [after.key],
      revision: 1,
    });
    await install(acme(2), before);
    await keeper.refresh();
    expect(keeper.view()).toMatchObject({ signers: [before.key], revision: 2 });

    // The new key alone.
    await write(keysFile, after.key);
    await expect(keeper.refresh()).rejects.toMatchObject({
      code: 'organisation-refused',
      message: expect.stringContaining(`The signature of ${rig.managed} is not the organisation's.`),
    });
    await install(acme(3), after);
    await keeper.refresh();
    expect(keeper.view()).toMatchObject({ signers: [after.key], revision: 3 });
    expect(keeper.view()).not.toHaveProperty('failed');
  });

  it.each<[string, () => Promise<void>, string]>([
    ['no signature', () => rm(`${rig.managed}.sig`), 'has no signature beside it (.sig).'],
    ['a signature of another key', () => install(acme(2), after), "is not the organisation's."],
    [
      'one of another text',
      async () => write(`${rig.managed}.sig`, before.sign(acme(9))),
      "is not the organisation's.",
    ],
    ['keys that are none', () => write(keysFile, '# none\n'), 'managed.keys holds no key.'],
    [
      'a key that is none',
      () => write(keysFile, `${before.key}\nabc\n`),
      'managed.keys, line 2: The key is not an ed25519 public key',
    ],
    [
      'keys that others can write',
      () => chmod(keysFile, 0o666),
      'managed.keys is not used: users other than its owner may write to it.',
    ],
  ])('%s: the last good one stays', async (_, change, why) => {
    await write(keysFile, before.key);
    await install(acme(1), before);
    const keeper = await rig.start();
    await change();
    await expect(keeper.refresh()).rejects.toMatchObject({
      message: expect.stringMatching(/The previous version stays in effect\.$/),
    });
    expect(rig.notices.at(-1)).toContain(why);
    const later = await rig.start();
    for (const each of [keeper, later])
      expect(each.view()).toMatchObject({
        revision: 1,
        signed: true,
        failed: { error: { message: expect.stringContaining(why) } },
      });
  });

  it('that was never good is named', async () => {
    await write(keysFile, before.key);
    await write(rig.managed, acme(1));
    const keeper = await rig.start();
    expect(keeper.view()).toBeUndefined();
    expect(keeper.refusedFile()).toMatchObject({
      place: rig.managed,
      error: { message: expect.stringContaining('has no signature') },
    });
    await expect(keeper.refresh()).rejects.toMatchObject({
      message: expect.stringMatching(/It is not used\.$/),
    });
    await write(`${rig.managed}.sig`, before.sign(acme(1)));
    expect(await keeper.refresh()).toBe(true);
    expect(keeper.refusedFile()).toBeUndefined();
  });

  it('follows these keys, not those that it lists', async () => {
    await write(keysFile, before.key);
    await install(acme(1, `signing: {publicKeys: ["${after.key}"]}\n`), before);
    const keeper = await rig.start();
    await install(acme(2), after);
    await expect(keeper.refresh()).rejects.toMatchObject({ code: 'organisation-refused' });
    expect(keeper.view()).toMatchObject({ revision: 1 });
  });
});

describe('an older managed file', () => {
  it.each([
    ['with a lower revision', acme(6)],
    ['without a revision', 'version: 1\nname: Acme\n'],
  ])('%s is refused, also after a restart and after it was away', async (_, older) => {
    await write(rig.managed, acme(7));
    const keeper = await rig.start();
    await write(rig.managed, older);
    await expect(keeper.refresh()).rejects.toMatchObject({
      code: 'organisation-refused',
      message: expect.stringContaining('has an older revision than the last accepted one'),
      hint: expect.stringContaining('with a higher revision'),
    });
    expect((await rig.start()).view()).toMatchObject({ revision: 7 });
    await rm(rig.managed);
    await (await rig.start()).refresh();
    await write(rig.managed, older);
    expect((await rig.start()).view()).toMatchObject({ revision: 7 });
    // The way back.
    await write(rig.managed, acme(8, 'tagPrefix: old-\n'));
    expect((await rig.start()).current()?.tagPrefix).toBe('old-');
  });

  it('is refused where this version cannot read what was accepted', async () => {
    await write(rig.managed, acme(7));
    await rig.start();
    const copy = path.join(path.dirname(rig.managed), 'state', 'managed-organisation.json');
    const { readFile } = await import('node:fs/promises');
    await writeFile(copy, (await readFile(copy, 'utf8')).replace('name: Acme', 'nom: Acme'));
    await write(rig.managed, acme(6));
    const keeper = await rig.start();
    expect(keeper.view()).toBeUndefined();
    expect(keeper.refusedFile()?.error.message).toContain('older revision');
  });
});

describe('a managed file of a running agent', () => {
  it('is read again every hour, and the same problem is one notice', async () => {
    await write(rig.managed, acme(1));
    const keeper = await rig.start();
    keeper.follow();
    const anHourLater = async (text: string) => {
      // The timer of the next hour is set when the file has been read.
      await vi.waitFor(() => expect(rig.clock.pending()).toBeGreaterThan(0));
      await write(rig.managed, text);
      rig.clock.skip(3_600_001);
    };
    await anHourLater(acme(2, 'tagPrefix: acme-\n'));
    await vi.waitFor(() => expect(keeper.current()?.tagPrefix).toBe('acme-'));
    await anHourLater(acme(1));
    await vi.waitFor(() => expect(rig.notices).toHaveLength(1));
    expect(rig.notices[0]).toContain('older revision than the last accepted one (1 after 2)');
    await anHourLater(acme(1));
    await anHourLater(acme(3));
    await vi.waitFor(() => expect(keeper.current()?.revision).toBe(3));
    expect(rig.notices).toEqual([expect.anything()]);
    keeper.close();
  });
});
