import { Worker } from 'node:worker_threads';
import { fromPlainError, type PlainError } from '../../model/app-error.ts';
import { type Inspection, inspect, type Plan, plan } from './plan.ts';

export type PlanTask = Parameters<typeof plan>[0];

/** Computes edits of one file, in any thread. */
export interface Planner {
  plan(task: PlanTask): Promise<Plan>;
  inspect(file: string, bytes: Uint8Array): Promise<Inspection>;
}

export type WorkerTask =
  | { readonly kind: 'plan'; readonly task: PlanTask }
  | { readonly kind: 'inspect'; readonly file: string; readonly bytes: Uint8Array };

export type WorkerAnswer = { readonly value: Plan | Inspection } | { readonly error: PlainError };

/** Smaller files take less time than starting a thread. */
const workerFromBytes = 1_000_000;

/**
 * Plans small files at once. Plans files above 1 MB in a separate thread if `worker` names its script (`plan-worker`,
 * from source or bundled): 5 MB take half a second.
 */
export function createPlanner(worker: URL | undefined): Planner {
  return {
    async plan(task) {
      if (worker === undefined || task.bytes.length < workerFromBytes) return plan(task);
      return (await runWorker(worker, { kind: 'plan', task })) as Plan;
    },
    async inspect(file, bytes) {
      if (worker === undefined || bytes.length < workerFromBytes) return inspect(bytes, file);
      return (await runWorker(worker, { kind: 'inspect', file, bytes })) as Inspection;
    },
  };
}

function runWorker(script: URL, task: WorkerTask): Promise<Plan | Inspection> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { workerData: task });
    worker.once('message', (answer: WorkerAnswer) => {
      if ('value' in answer) resolve(answer.value);
      else reject(fromPlainError(answer.error));
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new Error(`The kubeconfig thread ended with ${code} and no answer.`)),
    );
  });
}
