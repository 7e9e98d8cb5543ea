import path from 'node:path';
import { finish } from './child.ts';
import { type ClientRun, type Outcomes, outcomesOf } from './outcome.ts';

interface Step {
  /** Without one, it only leads to the next step. */
  readonly operation?: string;
  readonly type?: string;
  /** A regular expression of Python; its first group is the value. */
  readonly wait: string;
}

const script = path.join(import.meta.dirname, 'programs', 'python', 'terminal.py');

/** Plays steps to a program in a terminal. Needs the tool `pyte`. */
export async function runInTerminal(
  command: readonly string[],
  steps: readonly Step[],
  run: ClientRun,
): Promise<Outcomes> {
  const env = { ...run.env, PYTHONPATH: run.tool('pyte') };
  const all = [run.tool('python3'), script, JSON.stringify(steps), ...command];
  return outcomesOf(run.operations, await finish(all, { env, home: run.home }, 100_000));
}
