import { type Paths, pathsFrom } from '../agent/paths.ts';
import type { Client } from '../api/socket/client.ts';
import type { KubeconfigPlaceInput } from '../model/agent-view.ts';
import { AppError } from '../model/app-error.ts';
import { exitCodes } from './exit-codes.ts';
import { followHandOver } from './next-agent.ts';
import { type Progress, startProgress } from './progress.ts';
import { reachAgent } from './reach-agent.ts';
import { reportError } from './report.ts';
import { watchAgent } from './watch-agent.ts';

/** What a command works with. */
export interface Session {
  readonly client: Client;
  readonly json: boolean;
  readonly progress: Progress;
  /** The caller's kubeconfig, which travels with each request. */
  readonly place: KubeconfigPlaceInput;
  /** Aborts on Ctrl-C. A call that it is handed to is cancelled, and its answer tells when all is undone. */
  readonly signal: AbortSignal;
  /** For work that goes on in the agent without harm: rejects with `cancelled` at once on Ctrl-C. */
  orInterrupted<T>(work: Promise<T>): Promise<T>;
}

/**
 * Runs a command with the agent and answers the exit code; errors are told. A second Ctrl-C ends the process at once.
 */
export async function withAgent(
  options: { readonly json: boolean },
  run: (session: Session) => Promise<number>,
): Promise<number> {
  const { json } = options;
  const { env } = process;
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const progress = startProgress();
  const onSignal = () => {
    if (signal.aborted) {
      progress.end();
      process.exit(exitCodes.interrupted);
    }
    progress.update('Cancelling');
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  let client: Client | undefined;
  let stopWatching = () => {};
  try {
    const paths = pathsFrom(env);
    const reach = () =>
      reachAgent({ paths, env, signal, onStart: () => progress.update('Starting the agent') });
    client = followHandOver(await reach(), reach);
    stopWatching = watchAgent({
      paths,
      onSilent: ({ message, hint = '' }) => progress.note(`${message} ${hint}`.trim()),
    });
    const place = placeOf(paths);
    const code = await run({
      client,
      json,
      progress,
      place,
      signal,
      orInterrupted: (work) => orInterrupted(work, signal),
    });
    return signal.aborted ? exitCodes.interrupted : code;
  } catch (error) {
    progress.end();
    const code = reportError(error, { json });
    return signal.aborted ? exitCodes.interrupted : code;
  } finally {
    // In this order: what the agent still tells must not begin the progress anew, which would keep the process for ever.
    stopWatching();
    client?.close();
    progress.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function placeOf({ home }: Paths): KubeconfigPlaceInput {
  const { KUBECONFIG } = process.env;
  return { ...(KUBECONFIG === undefined ? {} : { kubeconfig: KUBECONFIG }), cwd: workingFolder(home), home };
}

/** The folder may have been removed under us. */
function workingFolder(home: string): string {
  try {
    return process.cwd();
  } catch {
    return home;
  }
}

function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new AppError('cancelled', 'Interrupted.'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
