import { AppError, type ErrorCode, toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import { isUsable } from '../../model/is-usable.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createQuiet } from '../logins/quiet.ts';
import type { Clock, Logger } from '../parts.ts';
import type { Terminals } from '../terminals/terminals.ts';
import { isSignInError } from '../tunnels/failure.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { Entries } from './entries.ts';
import type { Isolate } from './isolate.ts';
import { openOne, type Try } from './open-one.ts';
import { type Remembered, sourceOf } from './remembered.ts';
import { sentences } from './sentences.ts';

/** How long a client waits for a tunnel to open, including the user's sign-in. */
const demandLimitMs = 60_000;

/** Reopens the tunnels of known entries: for a client, for a user who asks for it, after a sign-in. */
export interface Reopen extends Pick<Connections, 'demand' | 'retry' | 'resume'> {
  /**
   * Runs the work, or waits for work on the same cluster that is already running. Work with a browser does not share
   * work without.
   */
  share(id: ClusterId, interactive: boolean, work: () => Promise<void>): Promise<void>;
}

export function createReopen(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly remembered: Remembered;
  readonly entries: Entries;
  readonly terminals: Pick<Terminals, 'uses'>;
  readonly renew: Isolate['renew'];
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** Returns true if entries stay when their tunnels close. */
  readonly keepsEntries: () => boolean;
  /** Resolves when the ports of the stored entries listen, as far as they can. */
  readonly listening: Promise<void>;
}): Reopen {
  const { clock, logger, catalog, tunnels, remembered, entries, notice, keepsEntries, listening } = options;
  const { terminals, renew } = options;
  const running = new Map<ClusterId, { readonly interactive: boolean; readonly work: Promise<void> }>();
  /** Clients do not start a failed sign-in again for a while. */
  const quiet = createQuiet(clock);
  /** The last reported failure of a demand, by cluster: clients retry again and again. */
  const reported = new Map<ClusterId, ErrorCode>();

  const isMeantOpen = (id: ClusterId) => remembered.get(id)?.status === 'open' || terminals.uses(id);
  /** Returns true if it is in the kubeconfig, or in that of a terminal. */
  const isOurs = (id: ClusterId) => remembered.get(id) !== undefined || terminals.uses(id);
  /** Returns true if it is ours to open: an entry of ours whose tunnel is closed, is opening or has given up. */
  const isDormant = (id: ClusterId) =>
    isOurs(id) && (keepsEntries() || terminals.uses(id)) && !isUsable(tunnels.find(id)?.state());

  const share: Reopen['share'] = (id, interactive, work) => {
    const now = running.get(id);
    if (now !== undefined && (now.interactive || !interactive)) return now.work;
    const entry = { interactive, work: now === undefined ? work() : now.work.then(work, work) };
    running.set(id, entry);
    const done = () => {
      if (running.get(id) === entry) running.delete(id);
    };
    entry.work.then(done, done);
    return entry.work;
  };

  /**
   * Opens the cluster's tunnel. Its port keeps listening if that fails. Rejects with the error of the opening, with
   * `access-login-needed` and the command to run if no browser may be opened, with `access-login-timeout` or `timeout`.
   */
  const openForClient = async (
    cluster: Cluster,
    wantsBrowser: boolean,
  ): Promise<Extract<Try, { kind: 'open' }>> => {
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
    // Only the edge knew that this token was revoked. It is removed now, so sign in with the browser.
    if (interactive && tried.kind === 'failed' && tried.error.code === 'access-login-needed')
      tried = await openOne(how);
    cancel();
    const error = limit.signal.aborted
      ? overdue(cluster, isLoginOpen, entries.nameOf)
      : tried.kind === 'failed'
        ? tried.error
        : undefined;
    if (error === undefined && tried.kind === 'open' && isUsable(tunnels.find(id)?.state())) return tried;
    // A connection that should be open shows its failure itself.
    const isShown = isMeantOpen(id) && tunnels.find(id)?.state().status === 'failed';
    if (!isShown) await tunnels.close(id, { listening: true });
    if (error === undefined)
      throw new AppError('cancelled', `${title} was closed while it was being opened.`);
    if (interactive && isSignInError(error.code) && error.code !== 'access-login-needed')
      quiet.begin('access');
    throw error.code === 'access-login-needed'
      ? new AppError(error.code, error.message, { hint: signInHint(entries.nameOf(cluster)), cause: error })
      : error;
  };

  const openAgain = async (id: ClusterId, interactive: boolean): Promise<void> => {
    if (!isDormant(id)) return;
    const cluster = catalog.get(id);
    try {
      if (cluster === undefined) throw new AppError('not-found', `${id} is not in the catalog any more.`);
      const { tunnel, cluster: whole } = await openForClient(cluster, interactive);
      const connection = remembered.get(id);
      if (!isOurs(id)) {
        await tunnels.close(id);
        throw new AppError('cancelled', `${cluster.title} was removed while it was being opened.`);
      }
      reported.delete(id);
      await renew(id);
      if (connection === undefined) return;
      await remembered.put([{ ...connection, status: 'open' }]);
      // Nobody waits for this write: the entry is unchanged, unless the cluster's CA certificate was renewed.
      entries
        .of(whole, tunnel)
        .then((entry) => entries.write(sourceOf(connection), [entry]))
        .catch((error: unknown) => notice('warning', sentences(error)));
    } catch (error) {
      // Compare by code: the message of a denial names another request each time.
      const { code } = toPlainError(error);
      if (reported.get(id) !== code)
        notice('warning', `${cluster?.title ?? id} could not be opened for kubectl. ${sentences(error)}`);
      reported.set(id, code);
      throw error;
    }
  };

  return {
    share,
    async demand(id, { interactive }) {
      if (!isOurs(id)) return;
      await listening;
      if (!isDormant(id)) return;
      await share(id, interactive, () => openAgain(id, interactive));
    },
    retry(ids) {
      const tried: ClusterId[] = [];
      for (const id of ids) {
        const cluster = catalog.get(id);
        const status = tunnels.find(id)?.state().status;
        if (cluster === undefined || !isMeantOpen(id)) continue;
        if (status !== 'reconnecting' && status !== 'degraded' && status !== 'failed') continue;
        tried.push(id);
        tunnels
          .tunnel(cluster)
          .open({ interactive: true, persist: true })
          .catch((error: unknown) =>
            logger.warn('A tunnel is not tried again', { cluster: id, error: toPlainError(error) }),
          );
      }
      return tried;
    },
    resume(isTheirs) {
      for (const id of remembered.idsOf('open')) {
        const cluster = catalog.get(id);
        if (cluster === undefined || !isTheirs(id) || !waitsForSignIn(tunnels, id)) continue;
        share(id, false, async () => {
          if (!isMeantOpen(id) || !waitsForSignIn(tunnels, id)) return;
          const state = await tunnels.tunnel(cluster).open({ interactive: false, persist: true });
          if (state.status !== 'failed') reported.delete(id);
        }).catch((error: unknown) =>
          logger.warn('A tunnel is not opened again', { cluster: id, error: toPlainError(error) }),
        );
      }
    },
  };
}

/** Returns true if its tunnel is closed or has ended because a sign-in is missing. */
function waitsForSignIn(tunnels: Tunnels, id: ClusterId): boolean {
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
