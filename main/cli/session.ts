import { kubectlHome } from '../agent/kubeconfig/kubectl-home.ts';
import { type Paths, pathsFrom } from '../agent/paths.ts';
import type { Client } from '../api/socket/client.ts';
import { AppError } from '../model/app-error.ts';
import type { KubeconfigSourceInput } from '../model/kubeconfig-source.ts';
import { workingFolder } from './caller-environment.ts';
import { exitCodes } from './exit-codes.ts';
import { followHandOver } from './next-agent.ts';
import { type Progress, startProgress } from './progress.ts';
import { reachAgent } from './reach-agent.ts';
import { reportError } from './report.ts';
import { shellClient } from './shell-client.ts';
import { watchAgent } from './watch-agent.ts';

/** Gives a command its agent, its output mode and its interrupt signal. */
export interface Session {
  readonly client: Client;
  readonly json: boolean;
  readonly progress: Progress;
  /** What names the caller's kubeconfig, sent with each request that edits it. */
  readonly place: KubeconfigSourceInput;
  /** Aborts on Ctrl-C. A call with this signal is cancelled, and settles after the agent has rolled back. */
  readonly signal: AbortSignal;
  /** Rejects with `cancelled` immediately on Ctrl-C. Only for work that may safely continue in the agent. */
  orInterrupted<T>(work: Promise<T>): Promise<T>;
}

/**
 * Runs a command with the agent and reports its errors. Resolves with the exit code. A second Ctrl-C exits immediately.
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
    client = shellClient(followHandOver(await reach(), reach));
    stopWatching = watchAgent({
      paths,
      onSilent: ({ message, hint = '' }) => progress.note(`${message} ${hint}`.trim()),
    });
    const place = sourceOf(paths);
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
    // Close the client before the progress ends: a late event would restart the progress and keep the process alive.
    stopWatching();
    client?.close();
    progress.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function sourceOf({ home }: Paths): KubeconfigSourceInput {
  const { KUBECONFIG } = process.env;
  return {
    ...(KUBECONFIG === undefined ? {} : { kubeconfig: KUBECONFIG }),
    cwd: workingFolder(),
    home: kubectlHome(process.env, home),
  };
}

function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new AppError('cancelled', 'Interrupted.'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
