import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isBusy, whileBusy } from '../../../main/agent/storage/busy-file.ts';
import { unreadable } from '../../../main/agent/storage/unreadable.ts';
import { writeFileAtomic } from '../../../main/agent/storage/write-file-atomic.ts';

const refusal = (code: string, syscall = 'rename') => Object.assign(new Error(code), { code, syscall });
let folder: string;
let file: string;
let waits: number[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'busy-'));
  file = path.join(folder, 'state.json');
  waits = [];
  await writeFile(file, 'old');
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
const sleep = async (ms: number) => {
  waits.push(ms);
};
/** A rename that is refused so many times. */
const refusing = (times: number, code: string): typeof rename => {
  let left = times;
  return (from, to) => {
    left -= 1;
    return left >= 0 ? Promise.reject(refusal(code)) : rename(from, to);
  };
};

describe('a file that another program has open on Windows', () => {
  it.each(['EPERM', 'EACCES', 'EBUSY'])('is replaced when it is free again (%s)', async (code) => {
    await writeFileAtomic(file, 'new', { platform: 'win32', sleep, rename: refusing(12, code) });
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(waits.length).toBe(12);
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it('is waited for ten seconds at most, then named with what to do', async () => {
    const never = refusing(Number.POSITIVE_INFINITY, 'EPERM');
    await expect(
      writeFileAtomic(file, 'new', { platform: 'win32', sleep, rename: never }),
    ).rejects.toMatchObject({
      code: 'file-unwritable',
      message: `${file} was not written: another program has it open (EPERM).`,
      hint: expect.stringContaining('Close the program'),
      retryable: true,
    });
    const total = waits.reduce((sum, ms) => sum + ms, 0);
    expect(total).toBeGreaterThanOrEqual(10_000);
    expect(total).toBeLessThan(11_000);
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it('is read when it is free again', async () => {
    let refusals = 3;
    const read = () => {
      refusals -= 1;
      return refusals >= 0 ? Promise.reject(refusal('EBUSY', 'open')) : readFile(file, 'utf8');
    };
    expect(await whileBusy('read', read, { platform: 'win32', sleep })).toBe('old');
  });

  it('cannot be read: an error that says so', () => {
    const error = unreadable(file, refusal('EBUSY', 'open'), { platform: 'win32' });
    expect(error.message).toBe(`${file} could not be read: another program has it open (EBUSY).`);
    expect(error.retryable).toBe(true);
  });

  it('is told from a file that may not be read', async () => {
    const denied = () => Promise.reject(refusal('EACCES', 'open'));
    await expect(whileBusy('read', denied, { platform: 'win32', sleep })).rejects.toThrow('EACCES');
    expect(waits).toEqual([]);
    expect(isBusy(refusal('EACCES', 'open'), 'win32')).toBe(false);
  });
});

it.each(['linux', 'darwin'] as const)('on %s nothing is waited for', async (platform) => {
  await expect(
    writeFileAtomic(file, 'new', { platform, sleep, rename: refusing(1, 'EPERM') }),
  ).rejects.toMatchObject({ code: 'file-unwritable' });
  expect(waits).toEqual([]);
});
