import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { unwritable, waitForLocks } from '../../../main/agent/kubeconfig/lock.ts';
import { systemClock } from '../../../main/agent/parts.ts';

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
