import { parentPort } from 'node:worker_threads';
import { toPlainError } from '../../model/app-error.ts';
import { inspect } from './inspection.ts';
import { plan } from './plan.ts';
import { diffOf, type WorkerAnswer, type WorkerTask } from './planner.ts';

/** The script of the thread that plans large files: an answer for each task, in their order. */
function answer({ kind, task }: WorkerTask): WorkerAnswer {
  try {
    if (kind === 'inspect') return { json: JSON.stringify(inspect(task)), bytes: undefined };
    if (kind === 'diff') return { json: JSON.stringify(diffOf(task)), bytes: undefined };
    const { bytes, ...rest } = plan(task);
    // Only a whole buffer changes hands.
    const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
    return { json: JSON.stringify(rest), bytes: whole };
  } catch (error) {
    return { error: toPlainError(error) };
  }
}

parentPort?.on('message', (task: WorkerTask) => {
  const result = answer(task);
  const buffer = 'bytes' in result ? result.bytes?.buffer : undefined;
  parentPort?.postMessage(result, buffer instanceof ArrayBuffer ? [buffer] : []);
});
