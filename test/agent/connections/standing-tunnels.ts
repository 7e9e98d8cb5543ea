import type { Tunnel } from '../../../main/agent/tunnels/tunnel.ts';
import type { Tunnels } from '../../../main/agent/tunnels/tunnels.ts';
import type { Cluster, ClusterId } from '../../../main/model/cluster.ts';
import type { TunnelState } from '../../../main/model/tunnel-state.ts';

/** Tunnels that are up at once, but for that of the cluster `broken`, which fails. */
export function standingTunnels(): Tunnels {
  const tunnels = new Map<ClusterId, Tunnel>();
  const make = ({ id, name }: Cluster): Tunnel => {
    let state: TunnelState = { status: 'idle' };
    return {
      id,
      state: () => state,
      connector: () => 'builtin',
      localPort: () => ({ port: 20_000 + name.length, credentials: { user: 'u', password: 'p' } }),
      traffic: () => undefined,
      cut() {},
      dial: () => Promise.reject(new Error('nobody dials')),
      server: () => {
        throw new Error('nobody dials');
      },
      async open() {
        const error = { code: 'edge-failed', message: 'It is down.', retryable: true } as const;
        state =
          name === 'broken'
            ? { status: 'failed', since: 0, failure: { stage: 'edge', error, mender: 'network' } }
            : { status: 'connected', since: 0, probe: { at: 0, stages: [], totalMs: 1 } };
        return state;
      },
      wake() {},
      catchUp() {},
      async standBy() {},
      follow() {},
      async close() {
        state = { status: 'idle' };
        return true;
      },
    };
  };
  return {
    tunnel(cluster) {
      const tunnel = tunnels.get(cluster.id) ?? make(cluster);
      tunnels.set(cluster.id, tunnel);
      return tunnel;
    },
    find: (id) => tunnels.get(id),
    list: () => [...tunnels.values()],
    watch() {},
    clientFailures: () => [],
    async close(id, { listening = false } = {}) {
      await tunnels.get(id)?.close();
      if (!listening) tunnels.delete(id);
    },
    async closeAll() {
      tunnels.clear();
    },
  };
}

/** A user's own kubeconfig, in which that context is current. */
export function kubeconfigOf(context: string): string {
  return `apiVersion: v1
kind: Config
current-context: ${context}
clusters:
- name: ${context}
  cluster: {server: https://127.0.0.1:6443}
contexts:
- name: ${context}
  context: {cluster: ${context}, user: ${context}}
users:
- name: ${context}
  user: {token: t}
`;
}
