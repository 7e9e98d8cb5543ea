import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { SignInFile } from '../../../main/agent/sealing/sign-in-file.ts';
import { jsonFile } from '../../../main/agent/storage/json-file.ts';
import { writeFileAtomic } from '../../../main/agent/storage/write-file-atomic.ts';
import { countCalls } from '../file-calls.ts';

let folder: string;
let told: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'storage-'));
  told = [];
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
const open = (version = 1) =>
  jsonFile({
    file: path.join(folder, 'data.json'),
    version,
    schema: z.object({ count: z.number() }),
    onUnreadable: (_, reason) => told.push(reason),
  });

describe('a JSON file', () => {
  it('is read as it was written, private, in folders that are made', async () => {
    expect(await open().read()).toBeUndefined();
    const nested = jsonFile({
      file: path.join(folder, 'a', 'b', 'data.json'),
      version: 1,
      schema: z.string(),
      onUnreadable: () => {},
    });
    await nested.write('x');
    expect(await nested.read()).toBe('x');
    expect((await stat(path.join(folder, 'a', 'b', 'data.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(folder, 'a'))).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['another version', '{"version":2,"data":{"count":1}}', 'version 2, not 1', 'v2'],
    ['no version', '{"version":"x","data":{"count":1}}', 'version x, not 1'],
    ['another form', '{"version":1,"data":{"count":"secret"}}', 'count must be a number'],
    ['no envelope', '[]', 'not {version, data}'],
    ['half a document', '{"version":1,"da', 'not JSON'],
    ['nothing', '', 'not JSON'],
  ])('with %s is set aside and told', async (_, text, reason, suffix = 'unreadable') => {
    await writeFile(path.join(folder, 'data.json'), text);
    expect(await open().read()).toBeUndefined();
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(reason);
    expect(told[0]).not.toContain('secret');
    expect(await readFile(path.join(folder, `data.json.${suffix}`), 'utf8')).toBe(text);
    await open().write({ count: 3 });
    expect(await open().read()).toEqual({ count: 3 });
  });

  it('holds the last of many writes, and leaves nothing else', async () => {
    const file = open();
    await Promise.all(Array.from({ length: 50 }, (_, count) => file.write({ count })));
    expect(await file.read()).toEqual({ count: 49 });
    expect(await readdir(folder)).toEqual(['data.json']);
  });

  it('is written once for all writes that wait, with the last content, and all of them know if that fails', async () => {
    const texts: string[] = [];
    const turns = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
    ];
    const file = jsonFile<number>({
      file: path.join(folder, 'data.json'),
      version: 1,
      schema: z.number(),
      onUnreadable: () => {},
      secret: {
        write(text: string) {
          texts.push(text);
          return turns[texts.length - 1]?.promise ?? Promise.resolve();
        },
      } as unknown as SignInFile,
    });
    const first = file.write(1);
    await vi.waitFor(() => expect(texts).toHaveLength(1));
    const waiting = [2, 3, 4].map((value) => file.write(value));
    turns[0]?.resolve();
    await first;
    await vi.waitFor(() => expect(texts).toHaveLength(2));
    const last = file.write(5);
    turns[1]?.reject(new Error('the disk is full'));
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(
      waiting.map(() => 'rejected'),
    );
    turns[2]?.resolve();
    await last;
    expect(texts.map((text) => JSON.parse(text).data)).toEqual([1, 4, 5]);
  });

  it('needs no look at its folder where that is there', async () => {
    const folders = countCalls('mkdir');
    await open().write({ count: 1 });
    await open().write({ count: 2 });
    expect(folders).not.toHaveBeenCalled();
  });

  it('that cannot be read is an error, not an empty one', async () => {
    await mkdir(path.join(folder, 'data.json'));
    await expect(open().read()).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  it('goes on writing after a write that failed', async () => {
    const file = open();
    await mkdir(path.join(folder, 'data.json', 'full'), { recursive: true });
    const failed = file.write({ count: 1 });
    await expect(failed).rejects.toMatchObject({ code: 'file-unwritable' });
    await rm(path.join(folder, 'data.json'), { recursive: true });
    await file.write({ count: 2 });
    expect(await file.read()).toEqual({ count: 2 });
  });
});

const tmpfs = mountable();
/** A file system of 64 KiB needs root and the right to mount. */
function mountable(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const place = path.join(tmpdir(), `mount-try-${process.pid}`);
  try {
    execFileSync(
      'sh',
      ['-c', 'mkdir "$1" && mount -t tmpfs -o size=64k tmpfs "$1" && umount "$1" && rmdir "$1"', 'sh', place],
      {
        stdio: 'ignore',
      },
    );
    return true;
  } catch {
    return false;
  }
}

describe('a write', () => {
  it.skipIf(!tmpfs)(
    tmpfs ? 'to a full disk keeps the old file and leaves no other' : 'to a full disk: needs root and mount',
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
      try {
        const file = path.join(folder, 'data');
        await writeFileAtomic(file, 'old');
        await expect(writeFileAtomic(file, 'x'.repeat(200_000))).rejects.toMatchObject({
          code: 'disk-full',
          retryable: true,
        });
        expect(await readFile(file, 'utf8')).toBe('old');
        expect(await readdir(folder)).toEqual(['data']);
        await writeFileAtomic(file, 'new');
        expect(await readFile(file, 'utf8')).toBe('new');
      } finally {
        execFileSync('umount', [folder]);
      }
    },
  );

  it('to a folder that cannot be written to is an error that names the file', async () => {
    // Root may write anywhere but below what is no folder.
    const blocked =
      process.getuid?.() === 0 ? path.join(folder, 'file', 'x') : path.join(folder, 'closed', 'x');
    if (process.getuid?.() === 0) await writeFile(path.join(folder, 'file'), '');
    else await mkdir(path.join(folder, 'closed'), { mode: 0o500 });
    await expect(writeFileAtomic(blocked, 'x')).rejects.toMatchObject({
      code: 'file-unwritable',
      message: expect.stringContaining(blocked),
    });
    if (process.getuid?.() !== 0) await chmod(path.join(folder, 'closed'), 0o700);
  });

  it('is seen whole by whoever reads meanwhile', async () => {
    const file = path.join(folder, 'data');
    await writeFileAtomic(file, 'a'.repeat(200_000));
    let writing = true;
    const writes = (async () => {
      for (const letter of 'bcdefghij') await writeFileAtomic(file, letter.repeat(200_000));
      writing = false;
    })();
    while (writing) expect(await readFile(file, 'utf8')).toMatch(/^(.)\1{199999}$/);
    await writes;
  });
});
