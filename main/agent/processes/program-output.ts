import { lastWords, runProgram } from './run-program.ts';

/** Runs a program of the system and resolves with its output. */
export type ProgramOutput = (
  program: string,
  args: readonly string[],
  options?: {
    /** Exit codes that are not failures. Only 0 where undefined. */
    readonly exitCodes?: readonly number[];
  },
) => Promise<string>;

const limitMs = 5_000;
const maxBytes = 32 * 1024 * 1024;

/** Rejects if the program cannot be started, fails, prints more than 32 MB or takes longer than five seconds. */
export const programOutput: ProgramOutput = async (program, args, { exitCodes = [0] } = {}) => {
  const end = await runProgram({ command: program, args, limitMs, maxBytes });
  if (end.kind !== 'ended') throw new Error(`${program}: ${end.kind}`);
  if (end.exitCode !== undefined && exitCodes.includes(end.exitCode)) return end.stdout;
  throw new Error(`${program} ended with ${end.exitCode ?? 'a signal'}${lastWords(end.lastLine)}`);
};
