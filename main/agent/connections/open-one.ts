import { AppError, fromPlainError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Failure, Stage, TunnelState } from '../../model/tunnel-state.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';

export type Try =
  | { readonly kind: 'open'; readonly cluster: Cluster; readonly tunnel: Tunnel; readonly state: TunnelState }
  | {
      readonly kind: 'failed';
      readonly cluster: Cluster;
      readonly error: AppError;
      readonly stage?: Stage;
      readonly mender?: Failure['mender'];
    };

interface Opening {
  readonly tunnels: Tunnels;
  /** What the listing left out of a cluster is read before its tunnel is opened. */
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  /** Whether a browser may be opened. */
  readonly interactive: boolean;
  /** Whether its port goes on listening when the signal aborts. */
  readonly listening: boolean;
}

/** Opens a cluster's tunnel; a failure is an answer. One whose signal aborts is open by its answer, but closed. */
export async function openOne(options: Opening): Promise<Try> {
  const { complete, signal } = options;
  let { cluster } = options;
  try {
    if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
    if (cluster.reach.kind !== 'none') cluster = await complete(cluster, signal);
    const result = await openTunnel({ ...options, cluster });
    if (result.kind === 'open' || result.error.code !== 'kube-untrusted') return result;
    // Its authority may have been renewed since it was read.
    const { certificateAuthorityData: before, ...bare } = cluster;
    const renewed = await complete(bare, signal);
    if ((renewed.certificateAuthorityData ?? before) === before) return result;
    return await openTunnel({ ...options, cluster: renewed });
  } catch (error) {
    if (error instanceof AppError) return { kind: 'failed', cluster, error };
    throw error;
  }
}

async function openTunnel({ tunnels, cluster, signal, interactive, listening }: Opening): Promise<Try> {
  const tunnel = tunnels.tunnel(cluster);
  // A caller that goes away ends the opening at once, a login that waits for a person too.
  const abort = () => void tunnel.close({ listening }).catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  const state = await tunnel.open({ interactive, persist: false });
  signal.removeEventListener('abort', abort);
  // One that stood before goes on trying: that it was tried now and failed is the answer all the same.
  if (state.status !== 'failed' && state.status !== 'reconnecting')
    return { kind: 'open', cluster, tunnel, state };
  return {
    kind: 'failed',
    cluster,
    error: fromPlainError(state.failure.error),
    stage: state.failure.stage,
    mender: state.failure.mender,
  };
}
