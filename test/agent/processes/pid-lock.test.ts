import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPidLockStale, releasePidLock, tryPidLock } from '../../../main/agent/processes/pid-lock.ts';
import { isSameProcess, processStart } from '../../../main/agent/processes/process-start.ts';

let folder: string;
let lock: string;
let children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'locks-'));
  lock = path.join(folder, 'x.lock');
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await rm(folder, { recursive: true });
});
const stale = (ageMs = 0) => isPidLockStale(lock, { now: Date.now() + ageMs, maxAgeMs: 600_000 });
const held = (pid: number, start_time: number) => writeFile(lock, JSON.stringify({ pid, start_time }));

/** A child that runs until it is told to end. */
async function start(): Promise<{ pid: number; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    async kill() {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('a lock file', () => {
  it('is taken once, names its owner as cloudflared does, and is free again', async () => {
    expect(await tryPidLock(lock)).toBe(true);
    expect(await tryPidLock(lock)).toBe(false);
    const content = JSON.parse(await readFile(lock, 'utf8'));
    expect(content).toEqual({ pid: process.pid, start_time: Math.round(processStart(process.pid) ?? 0) });
    expect((await stat(lock)).mode & 0o777).toBe(0o600);
    expect(await stale()).toBe(false);
    await releasePidLock(lock);
    await releasePidLock(lock);
    expect(await tryPidLock(lock)).toBe(true);
  });

  it('goes to one of many', async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, () => tryPidLock(lock)));
    expect(taken.filter((each) => each)).toHaveLength(1);
  });

  it('cannot be taken in a folder that is not there', async () => {
    await expect(tryPidLock(path.join(folder, 'none', 'x.lock'))).rejects.toMatchObject({
      code: 'file-unwritable',
    });
  });

  it('is held by a living process, and stale when that one was killed', async () => {
    const child = await start();
    await held(child.pid, processStart(child.pid) ?? 0);
    expect(await stale()).toBe(false);
    await child.kill();
    expect(await stale()).toBe(true);
  });

  it('is stale when its pid belongs to a process that started at another time', async () => {
    const { pid } = await start();
    await held(pid, (processStart(pid) ?? 0) - 5_000);
    expect(await stale()).toBe(true);
    await held(pid, (processStart(pid) ?? 0) - 900);
    expect(await stale()).toBe(false);
  });

  it('is stale when it has been held too long', async () => {
    await tryPidLock(lock);
    expect(await stale(599_000)).toBe(false);
    expect(await stale(601_000)).toBe(true);
  });

  it.each([
    ['{"pid":', true],
    ['null', true],
    ['{}', true],
    ['{"pid":"x","start_time":1}', true],
    ['{"pid":0,"start_time":0}', true],
    ['{"pid":-1,"start_time":0}', true],
    ['', false],
  ])('that holds %j is stale: %s', async (text, wanted) => {
    await writeFile(lock, text);
    expect(await stale()).toBe(wanted);
  });

  it('that stays empty is stale after some seconds, and one that is gone is not', async () => {
    await writeFile(lock, '');
    const past = new Date(Date.now() - 6_000);
    await utimes(lock, past, past);
    expect(await stale()).toBe(true);
    await releasePidLock(lock);
    expect(await stale()).toBe(false);
  });
});

describe('the start of a process', () => {
  it('is about now for one that just started, and unknown for one that does not run', async () => {
    const child = await start();
    const begun = processStart(child.pid) ?? 0;
    // Boot time is told in whole seconds.
    expect(Math.abs(Date.now() - begun)).toBeLessThan(5_000);
    expect(isSameProcess(child.pid, begun)).toBe(true);
    await child.kill();
    expect(processStart(child.pid)).toBeUndefined();
    expect(isSameProcess(child.pid, begun)).toBe(false);
  });

  it('is known of processes of others and of ourselves', () => {
    expect(processStart(1)).toBeGreaterThan(0);
    expect(Math.abs((processStart(process.pid) ?? 0) - (Date.now() - process.uptime() * 1000))).toBeLessThan(
      2_500,
    );
  });
});
