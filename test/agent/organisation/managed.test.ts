import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { managedFile, readManagedFile } from '../../../main/agent/organisation/managed-file.ts';
import { type Rig, startRig } from './rig.ts';

const acme = 'version: 1\nname: Acme\n';

describe('the managed file', () => {
  it.each<[NodeJS.Platform, string]>([
    ['linux', '/etc/k8s-tunnels/organisation.yaml'],
    ['darwin', '/Library/Application Support/k8s-tunnels/organisation.yaml'],
    ['win32', 'D:\\Data\\k8s-tunnels\\organisation.yaml'],
  ])('of %s has its place', (platform, file) => {
    expect(managedFile({ ProgramData: 'D:\\Data' }, platform)).toEqual({ file, isOwn: false });
  });

  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'managed-'));
    file = path.join(folder, 'organisation.yaml');
    await writeFile(file, acme, { mode: 0o644 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const isRoot = process.getuid?.() === 0;
  it.runIf(isRoot)('of root is read', async () => {
    expect(await readManagedFile({ file, isOwn: false })).toBe(acme);
  });

  it('of anybody else is refused', async () => {
    if (isRoot) await chown(file, 1234, 1234);
    await expect(readManagedFile({ file, isOwn: false })).rejects.toMatchObject({
      code: 'organisation-refused',
      message: `${file} is not used: it does not belong to root.`,
    });
  });

  it.each([0o664, 0o646])('with mode %o is refused', async (mode) => {
    await chmod(file, mode);
    await expect(readManagedFile({ file, isOwn: true })).rejects.toMatchObject({
      code: 'organisation-refused',
      message: `${file} is not used: users other than its owner may write to it.`,
    });
  });

  it('in a folder that others can write to is refused', async () => {
    await chmod(folder, 0o777);
    await expect(readManagedFile({ file, isOwn: true })).rejects.toMatchObject({
      code: 'organisation-refused',
      message: expect.stringContaining('users other than its owner may write to its folder'),
      hint: expect.stringContaining('chmod go-w'),
    });
    // As the folder for temporary files: nobody can exchange another's file there.
    await chmod(folder, 0o1777);
    expect(await readManagedFile({ file, isOwn: true })).toBe(acme);
  });

  it('may be missing, but not be something else', async () => {
    expect(await readManagedFile({ file: path.join(folder, 'none', 'x'), isOwn: true })).toBeUndefined();
    expect(await readManagedFile({ file: path.join(file, 'x'), isOwn: true })).toBeUndefined();
    await mkdir(path.join(folder, 'folder'));
    await expect(readManagedFile({ file: path.join(folder, 'folder'), isOwn: true })).rejects.toMatchObject({
      code: 'bad-input',
    });
  });
});

describe('what is managed', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  it('counts instead of what a person set up, as long as it is there', async () => {
    rig.publish('version: 1\nname: Mine\n');
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    await writeFile(rig.managed, acme);
    expect(await keeper.refresh()).toBe(true);
    expect(keeper.view()).toMatchObject({ name: 'Acme', origin: 'managed', place: rig.managed });
    expect((await rig.start()).current()?.name).toBe('Acme');
    expect((await keeper.preview({ source: rig.url })).remarks).toContain(
      `While ${rig.managed} exists, it takes precedence.`,
    );
    await rm(rig.managed);
    expect(await keeper.refresh()).toBe(true);
    expect(keeper.current()?.name).toBe('Mine');
  });

  it('keeps its last good version where the new one is not good', async () => {
    await writeFile(rig.managed, acme);
    await rig.start();
    await writeFile(rig.managed, 'version: 1\nname: Acme\ntagPrefix: UPPER\n');
    expect((await rig.start()).current()).toMatchObject({ name: 'Acme', tagPrefix: 'k8s-tunnels-' });
    expect(rig.notices).toHaveLength(1);
    expect(rig.notices[0]).toContain(`${rig.managed}, line 3, tagPrefix: `);
    expect(rig.notices[0]).toContain('The previous version stays in effect.');
  });

  it('that was never good is told and not used', async () => {
    await writeFile(rig.managed, acme, { mode: 0o666 });
    await chmod(rig.managed, 0o666);
    expect((await rig.start()).current()).toBeUndefined();
    expect(rig.notices[0]).toContain('is not used: users other than its owner may write to it.');
  });
});
