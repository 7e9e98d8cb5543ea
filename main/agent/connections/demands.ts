import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import { isUsable } from '../../model/is-usable.ts';
import { createQuiet } from '../logins/quiet.ts';
import type { Clock } from '../parts.ts';
import { isSignInError } from '../tunnels/failure.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { openOne, type Try } from './open-one.ts';

/** How long a client waits for a tunnel that its connection opens, and with it the person's sign-in. */
const demandLimitMs = 60_000;

/** Opens tunnels for those who come to a closed one. */
export interface Demands {
  /** Runs the work unless some for the cluster is under way, which then is waited for; a browser needs a run of its own. */
  share(id: ClusterId, interactive: boolean, work: () => Promise<void>): Promise<void>;
  /**
   * Opens the cluster's tunnel; its port listens on when that fails. Rejects with what failed, `access-login-needed`
   * and what to run where no browser may be opened, `access-login-timeout` or `timeout`.
   */
  open(cluster: Cluster, interactive: boolean): Promise<Extract<Try, { kind: 'open' }>>;
}

export function createDemands(options: {
  readonly clock: Clock;
  readonly tunnels: Tunnels;
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  /** What a cluster is called on a command line. */
  readonly nameOf: (cluster: Cluster) => string;
  /** Whether the user left it connected. */
  readonly isMeantOpen: (id: ClusterId) => boolean;
}): Demands {
  const { clock, tunnels, nameOf } = options;
  const running = new Map<ClusterId, { readonly interactive: boolean; readonly work: Promise<void> }>();
  const quiet = createQuiet(clock);

  return {
    share(id, interactive, work) {
      const now = running.get(id);
      if (now !== undefined && (now.interactive || !interactive)) return now.work;
      const entry = { interactive, work: now === undefined ? work() : now.work.then(work, work) };
      running.set(id, entry);
      const done = () => {
        if (running.get(id) === entry) running.delete(id);
      };
      entry.work.then(done, done);
      return entry.work;
    },
    async open(cluster, wantsBrowser) {
      const { id, title } = cluster;
      const interactive = wantsBrowser && !quiet.holds('access');
      const limit = new AbortController();
      let isLoginOpen = false;
      const cancel = clock.timer(demandLimitMs, () => {
        isLoginOpen = tunnels.find(id)?.state().status === 'logging-in';
        limit.abort();
      });
      const how = { ...options, cluster, interactive, listening: true, signal: limit.signal };
      let tried = await openOne(how);
      // A token that only the edge knew to be revoked: it is gone now, and the browser's turn has come.
      if (interactive && tried.kind === 'failed' && tried.error.code === 'access-login-needed')
        tried = await openOne(how);
      cancel();
      const error = limit.signal.aborted
        ? overdue(cluster, isLoginOpen, nameOf)
        : tried.kind === 'failed'
          ? tried.error
          : undefined;
      if (error === undefined && tried.kind === 'open' && isUsable(tunnels.find(id)?.state())) return tried;
      // One that is meant to be open shows why it is not.
      const isShown = options.isMeantOpen(id) && tunnels.find(id)?.state().status === 'failed';
      if (!isShown) await tunnels.close(id, { listening: true });
      if (error === undefined)
        throw new AppError('cancelled', `${title} was closed while it was being opened.`);
      if (interactive && isSignInError(error.code) && error.code !== 'access-login-needed') {
        quiet.begin('access');
      }
      throw error.code === 'access-login-needed'
        ? new AppError(error.code, error.message, { hint: signInHint(nameOf(cluster)), cause: error })
        : error;
    },
  };
}

/** Whether its tunnel is closed, or has ended, for want of a sign-in. */
export function waitsForSignIn(tunnels: Tunnels, id: ClusterId): boolean {
  const state = tunnels.find(id)?.state() ?? { status: 'idle' };
  if (state.status !== 'failed') return state.status === 'idle';
  return isSignInError(state.failure.error.code);
}

function overdue(cluster: Cluster, isLoginOpen: boolean, nameOf: (cluster: Cluster) => string): AppError {
  const seconds = demandLimitMs / 1000;
  return isLoginOpen
    ? new AppError('access-login-timeout', `Nobody signed in for ${cluster.title} within ${seconds} s.`, {
        hint: signInHint(nameOf(cluster)),
      })
    : new AppError('timeout', `${cluster.title} could not be opened within ${seconds} s.`, {
        hint: 'Check your network connection.',
        retryable: true,
      });
}

function signInHint(name: string): string {
  return `Run \`${command`k8s-tunnels connect --add ${name}`}\` to sign in.`;
}
