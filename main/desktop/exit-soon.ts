import { app } from 'electron';
import { collectOnce } from '../agent/memory.ts';

const limitMs = 2_000;
/** Finalizers run some turns of the event loop after what they wait for was collected. */
const finalizersMs = 50;

/**
 * Ends the app with an exit code, after the finalizers that are due. Electron (25, at least) spins in its exit where two
 * finalization registries, such as Node's own of timeouts, wait to be told of what was collected last: so it is collected,
 * and they are told, before.
 */
export function exitSoon(code: number): void {
  collectOnce();
  setTimeout(() => {
    app.exit(code);
    // On Linux the process may stay even then.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), limitMs);
  }, finalizersMs);
}
