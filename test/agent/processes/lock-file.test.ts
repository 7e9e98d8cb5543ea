import { constants } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createLockFile,
  createLockLink,
  readLock,
  removeUnheld,
} from '../../../main/agent/processes/lock-file.ts';
import { isSameProcess, mayRunSince } from '../../../main/agent/processes/process-start.ts';

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lock-'));
  lock = path.join(folder, 'x.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
const failing = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

describe('a lock file', () => {
  it('is created once, holds its text, and is gone after its release', async () => {
    const release = await createLockFile(lock, 'mine');
    expect(await readFile(lock, 'utf8')).toBe('mine');
    await expect(createLockFile(lock, 'other')).rejects.toMatchObject({ code: 'EEXIST' });
    await release();
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('that is a link keeps out who creates a file with O_EXCL, as kubectl does, and says whose it is', async () => {
    const release = await createLockLink(lock, 'mine');
    expect(await readLock(lock)).toBe('mine');
    await expect(open(lock, 'wx')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(createLockLink(lock, 'other')).rejects.toMatchObject({ code: 'EEXIST' });
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('of a pid that is another process by now: Windows says whether somebody has it open', () => {
    const flags: number[] = [];
    const openFile = (_: string, how: number) => flags.push(how);
    expect(removeUnheld(lock, { platform: 'win32', openFile, closeFile: () => {} })).toBe(true);
    // O_RDWR, UV_FS_O_EXLOCK, UV_FS_O_TEMPORARY.
    expect(flags).toEqual([constants.O_RDWR | 0x10000000 | 0x40]);
    expect(removeUnheld(lock, { platform: 'win32', openFile: failing('EBUSY') })).toBe(false);
    expect(removeUnheld(lock, { platform: 'win32', openFile: failing('ENOENT') })).toBe(true);
  });

  it('is left to its start time elsewhere', () => {
    expect(removeUnheld(lock, { platform: 'linux' })).toBeUndefined();
    expect(removeUnheld(lock, { platform: 'darwin' })).toBeUndefined();
  });
});

it('a process that started before the computer did is another one', () => {
  const [now, upMs] = [1_000_000_000, 3_600_000];
  expect(mayRunSince(1, { now, upMs })).toBe(false);
  expect(mayRunSince(now - upMs - 120_000, { now, upMs })).toBe(false);
  expect(mayRunSince(now - upMs, { now, upMs })).toBe(true);
  expect(mayRunSince(now, { now, upMs })).toBe(true);
  expect(isSameProcess(process.pid, 1)).toBe(false);
});
