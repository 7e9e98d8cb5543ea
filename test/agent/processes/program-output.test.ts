import { describe, expect, test } from 'vitest';
import { programOutput } from '../../../main/agent/processes/program-output.ts';

const sh = (script: string, exitCodes?: readonly number[]) =>
  programOutput('/bin/sh', ['-c', script], exitCodes === undefined ? {} : { exitCodes });

describe.skipIf(process.platform === 'win32')('the output of a program', () => {
  test('is what it printed, also far more than a megabyte', async () => {
    expect(await sh('printf one')).toBe('one');
    expect((await sh('head -c 3000000 /dev/zero')).length).toBe(3_000_000);
  });

  test('is given for exit codes that are no failure, and for no others', async () => {
    expect(await sh('printf none; exit 1', [0, 1])).toBe('none');
    await expect(sh('echo broken >&2; exit 1')).rejects.toThrow(
      '/bin/sh ended with 1; it last wrote "broken"',
    );
  });

  test('is none where there is no such program', async () => {
    await expect(programOutput('/nowhere/lsof', [])).rejects.toThrow('/nowhere/lsof: not-started');
  });
});
