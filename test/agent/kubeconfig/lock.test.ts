import { lutimes, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { unwritable, waitForLocks } from '../../../main/agent/kubeconfig/lock.ts';
import { systemClock } from '../../../main/agent/parts.ts';
import { processStart } from '../../../main/agent/processes/process-start.ts';
import { bench } from './bench.ts';
import { entry } from './entry.ts';

const failedWith = (code: string) => Object.assign(new Error(code), { code });

test.each(['ENOSPC', 'EDQUOT'])('a write that fails with %s may be tried again', (errno) => {
  expect(unwritable('/home/ada/.kube/config', failedWith(errno))).toMatchObject({
    code: 'disk-full',
    message: expect.stringContaining('/home/ada/.kube/config'),
    retryable: true,
  });
});

test.each([
  [failedWith('EACCES'), 'EACCES'],
  [new Error('of no system'), 'unknown error'],
])('another failed write names the file and why: %s', (cause, why) => {
  expect(unwritable('/home/ada/.kube/config', cause)).toMatchObject({
    code: 'kubeconfig-unwritable',
    message: `/home/ada/.kube/config could not be written (${why}).`,
    retryable: false,
    cause,
  });
});

test('waiting for locks that are free is no waiting', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'locks-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const locks = [path.join(folder, 'config.lock')];
  expect(await waitForLocks({ locks, clock: systemClock, timeoutMs: 0 })).toBe(false);
});

describe('a lock that nobody releases', () => {
  const abandon = async (lock: string, body: string, ageMs: number) => {
    await symlink(body, lock);
    const then = new Date(Date.now() - ageMs);
    await lutimes(lock, then, then);
  };
  const of = (pid: number, startTime: number) => JSON.stringify({ app: 'k8s-tunnels', pid, startTime });

  test('of another program is an error with its age, whose it is, and the command', async () => {
    const { config, source, kubeconfig } = await bench();
    await kubeconfig.add(source, [entry('a')], {});
    await writeFile(`${config}.lock`, '', { mode: 0o000 });
    const then = new Date(Date.now() - 3 * 3_600_000);
    await utimes(`${config}.lock`, then, then);
    const { failures } = await kubeconfig.check();
    expect(failures).toMatchObject([
      {
        code: 'kubeconfig-locked',
        message: expect.stringMatching(/config\.lock has been held by another program for 3 ?h/),
        hint: expect.stringContaining(`rm ${config}.lock`),
      },
    ]);
  });

  test('of a process of ours that ended is removed, and one of ours that runs is named', async () => {
    const { config, source, kubeconfig } = await bench();
    await kubeconfig.add(source, [entry('a')], {});
    await abandon(`${config}.lock`, of(process.pid, 1), 120_000);
    expect((await kubeconfig.check()).failures).toEqual([]);
    await abandon(`${config}.lock`, of(process.pid, processStart(process.pid) ?? 0), 120_000);
    expect((await kubeconfig.check()).failures).toMatchObject([
      { message: expect.stringContaining(`held by k8s-tunnels (process ${process.pid}) for 120 s`) },
    ]);
  });
});
