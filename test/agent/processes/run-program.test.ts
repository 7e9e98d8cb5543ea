import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { programLimitMs, runProgram } from '../../../main/agent/processes/run-program.ts';

const env = { PATH: process.env.PATH };
const sh = (script: string, more: Partial<Parameters<typeof runProgram>[0]> = {}) =>
  runProgram({ command: script, shell: true, env, limitMs: 30_000, ...more });

/** One that has ended and that nobody has waited for yet is not alive. */
const isAlive = async (pid: number) =>
  /^[^Z]/.test((await execa('ps', ['-o', 'stat=', '-p', String(pid)], { reject: false })).stdout.trim());

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'run-program-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The pids that a script has written, once there are so many. */
const pids = (count: number) =>
  vi.waitFor(
    async () => {
      const written = (await readFile(path.join(folder, 'pids'), 'utf8')).trim().split('\n').map(Number);
      expect(written).toHaveLength(count);
      return written;
    },
    { timeout: 10_000 },
  );

describe.skipIf(process.platform === 'win32')('a program', () => {
  test('gives what it prints, its exit code and its last line, and inherits nothing else', async () => {
    const script = `printf 'out %s' "$HOME"; printf 'first\\n\\033[31mMFA code: \\033[0m' >&2; exit 3`;
    expect(await sh(script)).toMatchObject({
      kind: 'ended',
      exitCode: 3,
      stdout: 'out ',
      lastLine: 'MFA code:',
    });
    expect(await runProgram({ command: '/nowhere/program', env, limitMs: 1_000 })).toEqual({
      kind: 'not-started',
    });
  });

  test('that asks finds stdin closed and no terminal', async () => {
    const script = `read code && echo "read $code"; (: </dev/tty) 2>/dev/null && echo terminal; echo asked`;
    expect(await sh(script)).toMatchObject({ kind: 'ended', stdout: 'asked\n' });
  });

  test('that hangs and ignores SIGTERM is ended at the limit, with its children', async () => {
    const script = `trap '' TERM; echo $$ > ${folder}/pids
      (trap '' TERM; sh -c 'echo $$ >> ${folder}/pids; exec sleep 600') &
      echo 'Waiting for you' >&2; wait; sleep 600`;
    expect(await sh(script, { limitMs: 1_000 })).toEqual({ kind: 'too-long', lastLine: 'Waiting for you' });
    for (const pid of await pids(2)) expect(await isAlive(pid)).toBe(false);
  });

  test.each(['', '>&2'])('that floods an output is ended (%s)', async (to) => {
    expect(await sh(`yes flood ${to}`)).toMatchObject({ kind: 'too-much' });
  });

  test('that nobody waits for any more is ended', async () => {
    const abort = new AbortController();
    const ended = sh(`echo $$ > ${folder}/pids; exec sleep 600`, { signal: abort.signal });
    const [pid = 0] = await pids(1);
    abort.abort();
    expect(await ended).toEqual({ kind: 'cancelled' });
    expect(await isAlive(pid)).toBe(false);
  });

  test('that has ended is not waited for because of another that it left, which goes on', async () => {
    const script = `sh -c 'echo $$ > ${folder}/pids; exec sleep 600' & echo done`;
    const [end, [pid = 0]] = await Promise.all([sh(script), pids(1)]);
    expect(end).toMatchObject({ kind: 'ended', exitCode: 0, stdout: 'done\n' });
    expect(await isAlive(pid)).toBe(true);
    process.kill(pid);
  });
});

test('the limit is a minute, and a variable can only make it shorter', () => {
  expect(programLimitMs({})).toBe(60_000);
  expect(programLimitMs({ K8S_TUNNELS_PROGRAM_LIMIT_SECONDS: '2' })).toBe(2_000);
  expect(programLimitMs({ K8S_TUNNELS_PROGRAM_LIMIT_SECONDS: '600' })).toBe(60_000);
  expect(programLimitMs({ K8S_TUNNELS_PROGRAM_LIMIT_SECONDS: 'never' })).toBe(60_000);
});
