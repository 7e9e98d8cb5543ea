import { type ChildProcess, fork } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Outcome, Task } from './runner.ts';

/** Processes that each run one file of tests at a time. */
export interface Pool {
  /** Resolves with what the tests did, or `hung` where they took longer than `limitMs`: their process is ended. */
  run(task: Task, limitMs: number): Promise<Outcome | 'hung'>;
  close(): Promise<void>;
}

/** Starts processes when they are needed, at most `size`. With `reach` they report which functions a test enters. */
export async function createPool(size: number, reach: boolean): Promise<Pool> {
  const temporary = await mkdtemp(path.join(tmpdir(), 'mutation-'));
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let closed = false;
  // Some tests act as another user, who has to get into it.
  await chmod(temporary, 0o755);

  const start = () =>
    new Promise<ChildProcess>((resolve, reject) => {
      const child = fork(path.join(import.meta.dirname, 'runner.ts'), reach ? ['--reach'] : [], {
        detached: process.platform !== 'win32',
        env: { ...process.env, TMPDIR: temporary, NODE_NO_WARNINGS: '1' },
      });
      all.add(child);
      child.once('exit', () => all.delete(child));
      child.once('error', reject);
      child.once('message', () => resolve(child));
    });

  const ask = (child: ChildProcess, task: Task, limitMs: number) =>
    new Promise<Outcome | 'hung'>((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        child.removeAllListeners('message').off('exit', ended);
        act();
      };
      const ended = () => settle(() => reject(new Error(`The process that ran ${task.file} ended.`)));
      const timer = setTimeout(() => {
        end(child);
        settle(() => resolve('hung'));
      }, limitMs);
      child.once('exit', ended).once('message', (outcome: Outcome) =>
        settle(() => {
          idle.push(child);
          resolve(outcome);
        }),
      );
      child.send(task);
    });

  return {
    async run(task, limitMs) {
      if (busy === size) await new Promise<void>((resolve) => waiting.push(resolve));
      else busy += 1;
      try {
        if (closed) throw new Error('The processes that run tests are closed.');
        return await ask(idle.pop() ?? (await start()), task, limitMs);
      } finally {
        const next = waiting.shift();
        if (next === undefined) busy -= 1;
        else next();
      }
    },
    async close() {
      closed = true;
      for (const child of all) end(child);
      await rm(temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** Ends a process with all that its tests have started, also where it no longer listens. */
function end(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === 'win32') child.kill('SIGKILL');
  else process.kill(-child.pid, 'SIGKILL');
}
