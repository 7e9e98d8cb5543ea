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
  /** Reads the cluster fields that the listing left out, before its tunnel is opened. */
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  /** True if a browser may be opened. */
  readonly interactive: boolean;
  /** True if its port keeps listening when the signal aborts. */
  readonly listening: boolean;
}

/**
 * Opens a cluster's tunnel. Resolves with a failure instead of rejecting. If the signal aborts, resolves with an open
 * result, but the tunnel is closed.
 */
export async function openOne(options: Opening): Promise<Try> {
  const { complete, signal } = options;
  let { cluster } = options;
  try {
    if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
    if (cluster.reach.kind !== 'none') cluster = await complete(cluster, signal);
    const result = await openTunnel({ ...options, cluster });
    if (result.kind === 'open' || result.error.code !== 'kube-untrusted') return result;
    // The CA certificates may have been renewed since the cluster was read.
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
  // A caller that disconnects ends the opening at once, including a login that waits for the user.
  const abort = () => void tunnel.close({ listening }).catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  const state = await tunnel.open({ interactive, persist: false });
  signal.removeEventListener('abort', abort);
  // A tunnel that was up before keeps retrying. Return the failure of this attempt nevertheless.
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
