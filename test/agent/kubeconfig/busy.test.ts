import { expect, test } from 'vitest';
import { unreadable } from '../../../main/agent/kubeconfig/files.ts';
import { unwritable } from '../../../main/agent/kubeconfig/lock.ts';

const refusal = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });

test('a kubeconfig that another program has open on Windows is named so, and may be tried again', () => {
  expect(unreadable('C:\\config', refusal('EBUSY', 'open'), { platform: 'win32' })).toMatchObject({
    code: 'kubeconfig-unreadable',
    message: 'C:\\config could not be read: another program has it open (EBUSY).',
    retryable: true,
  });
  expect(unwritable('C:\\config', refusal('EPERM', 'rename'), 'win32')).toMatchObject({
    code: 'kubeconfig-unwritable',
    message: 'C:\\config was not written: another program has it open (EPERM).',
    retryable: true,
  });
});

test('one without permission is not', () => {
  for (const [cause, platform] of [
    [refusal('EACCES', 'open'), 'win32'],
    [refusal('EPERM', 'rename'), 'linux'],
  ] as const) {
    expect(unreadable('config', cause, { platform }).message).toBe(
      `config could not be read (${cause.code}).`,
    );
    expect(unwritable('config', cause, platform).message).toBe(
      `config could not be written (${cause.code}).`,
    );
  }
});
