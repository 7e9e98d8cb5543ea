import { Worker } from 'node:worker_threads';
import { fromPlainError, type PlainError } from '../../model/app-error.ts';
import { readable } from './encoding.ts';
import { type Inspection, inspect } from './inspection.ts';
import { type Plan, plan } from './plan.ts';
import { unifiedDiff } from './unified-diff.ts';

export type PlanTask = Parameters<typeof plan>[0];
export type InspectTask = Parameters<typeof inspect>[0];

/** Two contents of a file, by its name. */
export interface DiffTask {
  readonly name: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Computes edits of one file, in any thread. */
export interface Planner {
  plan(task: PlanTask): Promise<Plan>;
  inspect(task: InspectTask): Promise<Inspection>;
  /** Resolves with the difference of two contents, without passwords. */
  diff(task: DiffTask): Promise<string>;
  /** Ends the thread, if one runs. */
  close(): void;
}

export type WorkerTask =
  | { readonly kind: 'plan'; readonly task: PlanTask }
  | { readonly kind: 'inspect'; readonly task: InspectTask }
  | { readonly kind: 'diff'; readonly task: DiffTask };

/**
 * The answer of the thread. A value is JSON, which the caller's thread reads several times faster than it copies
 * thousands of objects, and the bytes of a plan, which change hands.
 */
export type WorkerAnswer =
  | { readonly json: string; readonly bytes: Uint8Array | undefined }
  | { readonly error: PlainError };

/** Where the script of the thread is: a file, or its text where there is none (in the executable). */
export type WorkerScript = URL | { readonly source: () => string };

/** Smaller files are planned in a few milliseconds. */
const workerFromBytes = 100_000;
/** A thread takes 40 ms to start and 30 MB to stay. */
const idleMs = 30_000;

/**
 * Plans small files at once, and large ones in a thread of `worker` (`plan-worker.ts`, from source or bundled): 27 MB take
 * a second, in which the tunnels must go on. The thread stays for the next task, and ends when none came for a while.
 */
export function createPlanner(worker: WorkerScript | undefined): Planner {
  let thread: Thread | undefined;
  const run = async (task: WorkerTask, script: WorkerScript) => {
    thread ??= startThread(script, () => {
      thread = undefined;
    });
    return thread.run(task);
  };
  const isLarge = (...contents: readonly Uint8Array[]) =>
    contents.some(({ length }) => length >= workerFromBytes);
  return {
    async plan(task) {
      if (worker === undefined || !isLarge(task.bytes)) return plan(task);
      return (await run({ kind: 'plan', task }, worker)) as Plan;
    },
    async inspect(task) {
      if (worker === undefined || !isLarge(task.bytes)) return inspect(task);
      return (await run({ kind: 'inspect', task }, worker)) as Inspection;
    },
    async diff(task) {
      if (worker === undefined || !isLarge(task.before, task.after)) return diffOf(task);
      return (await run({ kind: 'diff', task }, worker)) as string;
    },
    close: () => thread?.end(),
  };
}

/** Returns the difference of two contents in the unified format, without passwords. */
export function diffOf({ name, before, after }: DiffTask): string {
  return unifiedDiff({ name, before: readable(before), after: readable(after) });
}

type Value = Plan | Inspection | string;

interface Thread {
  run(task: WorkerTask): Promise<Value>;
  end(): void;
}

function startThread(script: WorkerScript, onEnd: () => void): Thread {
  const worker = script instanceof URL ? new Worker(script) : new Worker(script.source(), { eval: true });
  /** The thread does one task after the other. */
  const waiting: PromiseWithResolvers<Value>[] = [];
  let idle: NodeJS.Timeout | undefined;
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(idle);
    onEnd();
    void worker.terminate();
  };
  const fail = (error: Error) => {
    end();
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.unref();
  worker.on('message', (answer: WorkerAnswer) => {
    const task = waiting.shift();
    if ('json' in answer) task?.resolve(readAnswer(answer));
    else task?.reject(fromPlainError(answer.error));
    if (waiting.length > 0) return;
    worker.unref();
    idle = setTimeout(end, idleMs).unref();
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The kubeconfig thread ended with ${code} and no answer.`)));
  return {
    run(task) {
      const answer = Promise.withResolvers<Value>();
      waiting.push(answer);
      clearTimeout(idle);
      // A process that has nothing else to do waits for the answer.
      worker.ref();
      worker.postMessage(task);
      return answer.promise;
    },
    end,
  };
}

function readAnswer({ json, bytes }: Extract<WorkerAnswer, { json: string }>): Value {
  const value = JSON.parse(json) as Value;
  return bytes === undefined ? value : ({ ...(value as Plan), bytes } as Plan);
}
