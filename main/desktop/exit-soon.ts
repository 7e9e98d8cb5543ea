import { app } from 'electron';
import { collectOnce } from '../agent/memory.ts';

const limitMs = 2_000;
/** How long to wait for finalizers, which run in the next turns of the event loop. */
const finalizersMs = 50;

/**
 * Exits the app after pending finalizers have run. Electron 25 (newer ones were not tried) hangs at exit with a busy core if
 * at least two finalization registries, Node's own included, have pending callbacks.
 */
export function exitSoon(code: number): void {
  collectOnce();
  setTimeout(() => {
    app.exit(code);
    // On Linux the process may stay even then.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), limitMs);
  }, finalizersMs);
}
