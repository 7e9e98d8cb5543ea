import { expect, test } from 'vitest';
import { unwritable } from '../../../main/agent/kubeconfig/lock.ts';

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
