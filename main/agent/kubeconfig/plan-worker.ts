import { parentPort, workerData } from 'node:worker_threads';
import { toPlainError } from '../../model/app-error.ts';
import { inspect, plan } from './plan.ts';
import type { WorkerAnswer, WorkerTask } from './planner.ts';

/** The script of the thread that plans large files: one task in, one answer out. */
function answer(task: WorkerTask): WorkerAnswer {
  try {
    return { value: task.kind === 'plan' ? plan(task.task) : inspect(task.bytes, task.file) };
  } catch (error) {
    return { error: toPlainError(error) };
  }
}

parentPort?.postMessage(answer(workerData as WorkerTask));
