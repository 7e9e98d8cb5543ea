import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Answer, Operations, Started } from './operations.ts';

type Input<K extends keyof Operations> = Parameters<Operations[K]>;
type Output<K extends keyof Operations> = Awaited<ReturnType<Operations[K]>>;

/** Proxy, relay, edge, API servers, Vault and browser, in a process of their own. */
export interface SoakWorld {
  readonly child: ChildProcess;
  readonly env: Readonly<Record<string, string>>;
  /** The clusters. */
  readonly names: readonly string[];
  ask<K extends keyof Operations>(operation: K, ...input: Input<K>): Promise<Output<K>>;
  close(): Promise<void>;
}

export async function startSoakWorld(count: number): Promise<SoakWorld> {
  const program = path.join(import.meta.dirname, 'world-process.ts');
  const child = fork(program, [String(count)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ env, names }] = (await once(child, 'message')) as [Started];
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const ask: SoakWorld['ask'] = (operation, ...[input]) => {
    const { promise, resolve, reject } = Promise.withResolvers<Output<typeof operation>>();
    last += 1;
    waiting.set(last, ({ output, error }) => {
      if (error === undefined) resolve(output as Output<typeof operation>);
      else reject(new Error(`${operation}: ${error}`));
    });
    child.send({ id: last, operation, input });
    return promise;
  };
  return {
    child,
    env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', ...env },
    names,
    ask,
    async close() {
      await ask('close');
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
