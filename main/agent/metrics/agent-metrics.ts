import { performance } from 'node:perf_hooks';
import type { Snapshot } from '../../model/agent-view.ts';
import type { Counters } from './counters.ts';
import { family, openMetrics } from './open-metrics.ts';

/** Of a tunnel that is not closed. */
const statuses = ['logging-in', 'connecting', 'connected', 'degraded', 'reconnecting', 'failed', 'closing'];

/** The process, as the system measures it. */
export interface ProcessUse {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** How long a turn of the event loop takes now. */
  readonly delaySeconds: number;
  /** The share of time that the event loop was busy since the start, 0 to 1. */
  readonly busy: number;
}

/**
 * Returns everything that the agent measures, as OpenMetrics text. The metrics of the process have the names that
 * Prometheus' own clients give them.
 */
export function metricsText(options: {
  readonly snapshot: Pick<Snapshot, 'agent' | 'clusters' | 'tunnels' | 'localProxies'>;
  readonly counters: Counters;
  readonly use: ProcessUse;
  /** ms since the epoch. */
  readonly now: number;
  /** The families of the audit. */
  readonly requests: readonly (readonly string[])[];
}): string {
  const { snapshot, counters, use, now, requests } = options;
  const { agent, clusters, tunnels, localProxies = [] } = snapshot;
  const titles = new Map(clusters.map(({ id, title }) => [id, title]));
  const named = (id: (typeof tunnels)[number]['cluster']) => ({ cluster: id, title: titles.get(id) ?? id });
  const open = new Set(tunnels.map(({ cluster }) => cluster));
  // A local TLS proxy listens for an on-demand context too, whose tunnel is closed.
  const ports = [...tunnels, ...localProxies.filter(({ cluster }) => !open.has(cluster))];
  const gauge = (name: string, help: string, value: number, unit?: string) =>
    family(name, { type: 'gauge', help, ...(unit === undefined ? {} : { unit }) }, [{ value }]);

  return openMetrics([
    family('k8s_tunnels_build', { type: 'info', help: 'The version of the agent.' }, [
      { labels: { version: agent.version }, value: 1 },
    ]),
    gauge('k8s_tunnels_clusters', 'Clusters that are known.', clusters.length),
    family(
      'k8s_tunnels_tunnels',
      { type: 'gauge', help: 'Tunnels by state.' },
      statuses.map((status) => ({
        labels: { status },
        value: tunnels.filter(({ state }) => state.status === status).length,
      })),
    ),
    family(
      'k8s_tunnels_probe_duration_seconds',
      { type: 'gauge', help: 'Duration of the latest probe of each connected tunnel.', unit: 'seconds' },
      tunnels.flatMap(({ cluster, state }) =>
        state.status === 'connected' ? { labels: named(cluster), value: state.probe.totalMs / 1_000 } : [],
      ),
    ),
    family(
      'k8s_tunnels_events',
      { type: 'counter', help: 'Entries of the journal, by kind.' },
      counters.events.samples(),
    ),
    family(
      'k8s_tunnels_dials',
      { type: 'counter', help: 'Connections that connectors opened, for clients and probes.' },
      counters.dials.samples(),
    ),
    family(
      'k8s_tunnels_refused_clients',
      { type: 'counter', help: 'Clients that a local port has refused.' },
      counters.refusals.samples(),
    ),
    family(
      'k8s_tunnels_port_connections',
      { type: 'gauge', help: 'Open connections of clients.' },
      ports.map(({ cluster, connections }) => ({ labels: named(cluster), value: connections })),
    ),
    family(
      'k8s_tunnels_port_bytes',
      { type: 'counter', help: 'Bytes of clients since the port was opened.', unit: 'bytes' },
      ports.flatMap(({ cluster, sent, received }) => [
        { labels: { ...named(cluster), direction: 'sent' }, value: sent },
        { labels: { ...named(cluster), direction: 'received' }, value: received },
      ]),
    ),
    ...requests,
    gauge(
      'k8s_tunnels_uptime_seconds',
      'Time since the agent started.',
      (now - agent.startedAt) / 1_000,
      'seconds',
    ),
    gauge(
      'process_start_time_seconds',
      'Start of the agent, since the epoch.',
      agent.startedAt / 1_000,
      'seconds',
    ),
    family('process_cpu_seconds', { type: 'counter', help: 'CPU time of the process.', unit: 'seconds' }, [
      { value: use.cpuSeconds },
    ]),
    gauge('process_resident_memory_bytes', 'Memory of the process.', use.residentBytes, 'bytes'),
    gauge('nodejs_heap_size_used_bytes', 'Memory of objects.', use.heapBytes, 'bytes'),
    gauge(
      'nodejs_eventloop_lag_seconds',
      'Duration of a turn of the event loop now.',
      use.delaySeconds,
      'seconds',
    ),
    gauge(
      'nodejs_eventloop_utilization_ratio',
      'Share of time that the event loop was busy.',
      use.busy,
      'ratio',
    ),
  ]);
}

/** Measures this process. Costs nothing between two calls. */
export async function measureProcess(): Promise<ProcessUse> {
  const begun = performance.now();
  await new Promise((resolve) => setImmediate(resolve));
  const delaySeconds = (performance.now() - begun) / 1_000;
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const busy = performance.eventLoopUtilization().utilization;
  return { cpuSeconds: (user + system) / 1e6, residentBytes: rss, heapBytes: heapUsed, delaySeconds, busy };
}
