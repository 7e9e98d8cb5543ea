import { execFile } from 'node:child_process';

/** Runs a program of the system and resolves with what it printed. */
export type Run = (
  program: string,
  args: readonly string[],
  options?: {
    /** Exit codes that are no failure; 0 alone where undefined. */
    readonly exitCodes?: readonly number[];
  },
) => Promise<string>;

const timeoutMs = 5_000;
const outputLimit = 32 * 1024 * 1024;

/** Rejects when the program cannot be started, fails, prints too much or takes longer than five seconds. */
export const runProgram: Run = (program, args, { exitCodes = [0] } = {}) =>
  new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { timeout: timeoutMs, maxBuffer: outputLimit, windowsHide: true },
      (error, stdout) => {
        if (error === null || (typeof error.code === 'number' && exitCodes.includes(error.code)))
          resolve(stdout);
        else reject(error);
      },
    );
  });
