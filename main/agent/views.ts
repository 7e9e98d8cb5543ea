import type { Change, ConnectResult, Slices, TunnelView } from '../model/agent-view.ts';
import { toPlainError } from '../model/app-error.ts';
import type { Cluster } from '../model/cluster.ts';
import type { Consent } from '../model/consent.ts';
import type { CatalogChange } from './catalog/catalog.ts';
import type { Outcome } from './connections/outcome.ts';
import { stateWithAccessRequest, withAccessRequest } from './organisation/access-request.ts';
import type { Tunnel } from './tunnels/tunnel.ts';

type Traffic = NonNullable<ReturnType<Tunnel['traffic']>>;

/** Returns the traffic of a cluster's ports together: of its tunnel and of its local TLS proxy. */
export function trafficOf(all: readonly (Traffic | undefined)[]): Traffic {
  const sum = (count: (one: Traffic) => number) =>
    all.reduce((total, one) => total + (one === undefined ? 0 : count(one)), 0);
  return {
    connections: sum(({ connections }) => connections),
    sent: sum(({ sent }) => sent),
    received: sum(({ received }) => received),
  };
}

/**
 * Returns a tunnel as shells see it, with the traffic of its local TLS proxy. One that is up is degraded while kubectl
 * cannot use its entry.
 */
export function viewOf(
  tunnel: Tunnel,
  proxy: Traffic | undefined,
  accessRequest: string | undefined,
  problems: Slices['entryProblems'] = [],
): TunnelView {
  const port = tunnel.localPort()?.port;
  const problem = problems.find(({ cluster }) => cluster === tunnel.id);
  return {
    cluster: tunnel.id,
    connector: tunnel.connector(),
    state:
      problem !== undefined && tunnel.state().status === 'connected'
        ? {
            status: 'degraded',
            since: problem.since,
            failure: { stage: 'local', error: problem.error, mender: 'you' },
          }
        : stateWithAccessRequest(tunnel.state(), accessRequest),
    ...(port === undefined ? {} : { port }),
    ...trafficOf([tunnel.traffic(), proxy]),
  };
}

export function resultOf(
  outcome: Outcome,
  accessRequest: string | undefined,
  consent: Consent | undefined,
): ConnectResult {
  const { id, title, owner, docs } = outcome.cluster;
  if (outcome.status === 'failed') {
    const { stage, mender } = outcome;
    return {
      status: 'failed',
      cluster: id,
      title,
      error: withAccessRequest(toPlainError(outcome.error), accessRequest),
      ...(stage === undefined ? {} : { stage }),
      ...(mender === undefined ? {} : { mender }),
      ...(owner === undefined ? {} : { owner }),
      ...(docs === undefined ? {} : { docs }),
    };
  }
  const { context, port, latencyMs } = outcome;
  return {
    status: 'connected',
    cluster: id,
    title,
    context,
    ...(port === undefined ? {} : { port }),
    latencyMs,
    ...(consent?.allowed === false ? { consent } : {}),
  };
}

export function catalogChange(change: CatalogChange): Extract<Change, { kind: 'catalog' }> {
  return { kind: 'catalog', ...change, upserted: change.upserted.map(shown) };
}

/** Returns a cluster as shells see it, without its CA certificate: that is most of its bytes, and no shell needs it. */
export function shown({ certificateAuthorityData: _, ...cluster }: Cluster): Cluster {
  return cluster;
}
