import { existsSync } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../main/agent/parts.ts';
import { type Paths, pathsFrom } from '../../../main/agent/paths.ts';
import { connectAgent } from '../../../main/api/socket/client.ts';
import { electAgent } from '../../../main/api/socket/election.ts';

let home: string;
let paths: Paths;
/** Where the socket goes when the folder of state has too long a path. */
let shared: string;

beforeEach(async () => {
  home = await realpath(await mkdtemp(path.join(tmpdir(), 'election-')));
  shared = path.join(home, 'shared');
  await mkdir(shared, { mode: 0o700 });
  paths = pathsFrom({
    HOME: home,
    XDG_RUNTIME_DIR: shared,
    XDG_STATE_HOME: path.join(home, 'long'.repeat(25)),
  });
  expect(paths.socket.startsWith(shared)).toBe(true);
});
afterEach(() => rm(home, { recursive: true }));

const elect = () => electAgent({ paths, clock: systemClock });
const resign = async () => {
  const election = await elect();
  if (election.kind !== 'elected') throw new Error('an agent runs already');
  await election.resign();
};

describe('the folder of the socket', () => {
  it('that is a symbolic link is refused by name, and what it leads to is left as it is', async () => {
    const elsewhere = path.join(home, 'elsewhere');
    await mkdir(elsewhere);
    await chmod(elsewhere, 0o755);
    await symlink(elsewhere, path.dirname(paths.socket));
    await expect(elect()).rejects.toMatchObject({
      code: 'file-unwritable',
      message: `${path.dirname(paths.socket)} is a symbolic link, not a folder.`,
      hint: expect.stringContaining('Remove the link'),
    });
    await expect(connectAgent({ path: paths.socket, state: paths.state })).rejects.toMatchObject({
      code: 'agent-foreign',
      message: expect.stringContaining(path.dirname(paths.socket)),
    });
    expect((await stat(elsewhere)).mode & 0o777).toBe(0o755);
    expect(await readlink(path.dirname(paths.socket))).toBe(elsewhere);
  });

  it('that is a file is refused by name', async () => {
    await writeFile(path.dirname(paths.socket), 'mine');
    await expect(elect()).rejects.toMatchObject({
      code: 'file-unwritable',
      message: expect.stringContaining(`${path.dirname(paths.socket)} is not a folder`),
    });
    expect(await readFile(path.dirname(paths.socket), 'utf8')).toBe('mine');
  });

  it('is not made where other accounts may rename it, unless the folder is sticky as /tmp is', async () => {
    await chmod(shared, 0o777);
    await expect(elect()).rejects.toMatchObject({
      code: 'file-unwritable',
      message: expect.stringContaining(`${shared} may be changed by other accounts`),
      hint: expect.stringContaining('XDG_RUNTIME_DIR'),
    });
    await chmod(shared, 0o1777);
    await resign();
  });

  it('is closed to others where it was open', async () => {
    await mkdir(path.dirname(paths.socket));
    await chmod(path.dirname(paths.socket), 0o777);
    await resign();
    expect((await stat(path.dirname(paths.socket))).mode & 0o777).toBe(0o700);
  });
});

describe('the folder of state', () => {
  it('may be reached through a link of the user’s own', async () => {
    await mkdir(path.join(home, 'data'), { mode: 0o755 });
    await mkdir(path.dirname(paths.state), { recursive: true });
    await symlink(path.join(home, 'data'), paths.state);
    await resign();
    expect((await stat(paths.state)).mode & 0o777).toBe(0o700);
    expect((await lstat(paths.state)).isSymbolicLink()).toBe(true);
  });
});

describe('in place of the socket', () => {
  beforeEach(() => mkdir(path.dirname(paths.socket), { mode: 0o700 }));

  it.each([
    ['a file', () => writeFile(paths.socket, 'mine')],
    ['a folder', () => mkdir(paths.socket)],
    ['a symbolic link to a file', () => symlink(path.join(home, 'file'), paths.socket)],
    ['a symbolic link to nothing', () => symlink(path.join(home, 'nothing'), paths.socket)],
  ])('%s is refused by name, and left as it is', async (_, make) => {
    await writeFile(path.join(home, 'file'), 'mine');
    await make();
    const { ino } = await lstat(paths.socket);
    for (const attempt of [elect, () => connectAgent({ path: paths.socket, state: paths.state })]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'agent-foreign',
        message: `${paths.socket} is not a socket, so no agent of yours is behind it.`,
        hint: 'Move it away and try again.',
      });
    }
    expect((await lstat(paths.socket)).ino).toBe(ino);
  });
});

describe('the lock', () => {
  it.each([
    ['a symbolic link', (lock: string) => symlink(path.join(home, 'nothing'), lock)],
    ['a folder', (lock: string) => mkdir(lock)],
  ])('that is %s is refused by name, and left as it is', async (_, make) => {
    await mkdir(paths.state, { recursive: true });
    const lock = path.join(paths.state, 'election.lock');
    await make(lock);
    await expect(elect()).rejects.toMatchObject({
      code: 'file-unwritable',
      message: expect.stringContaining(`${lock} is not a file`),
    });
    await expect(lstat(lock)).resolves.toBeDefined();
    expect(existsSync(path.join(home, 'nothing'))).toBe(false);
  });
});
