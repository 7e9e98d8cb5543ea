import { parentPort } from 'node:worker_threads';
import { toPlainError } from '../../model/app-error.ts';
import { inspect } from './inspection.ts';
import { plan } from './plan.ts';
import type { WorkerAnswer, WorkerTask } from './planner.ts';

/** The script of the thread that plans large files: an answer for each task, in their order. */
function answer(task: WorkerTask): WorkerAnswer {
  try {
    return { value: task.kind === 'plan' ? plan(task.task) : inspect(task.task) };
  } catch (error) {
    return { error: toPlainError(error) };
  }
}

parentPort?.on('message', (task: WorkerTask) => parentPort?.postMessage(answer(task)));
