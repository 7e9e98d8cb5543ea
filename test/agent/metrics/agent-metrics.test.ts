import { expect, it } from 'vitest';
import { measureProcess, metricsText } from '../../../main/agent/metrics/agent-metrics.ts';
import { createCounters } from '../../../main/agent/metrics/counters.ts';
import { family } from '../../../main/agent/metrics/open-metrics.ts';
import type { Snapshot } from '../../../main/model/agent-view.ts';
import { cluster } from '../../cli/fake-agent.ts';

const [one, other] = [cluster('payments "a"'), cluster('search')];
const port = { connections: 2, sent: 10, received: 300 };
const snapshot = {
  agent: { version: '1.2.3', pid: 1, startedAt: 10_000, platform: 'linux', signIns: 'headless' },
  clusters: [one, other],
  tunnels: [
    {
      cluster: one.id,
      connector: 'builtin',
      state: { status: 'connected', since: 1, probe: { at: 1, stages: [], totalMs: 42 } },
      ...port,
    },
  ],
  localProxies: [
    { cluster: one.id, port: 1, files: [], ...port },
    { cluster: other.id, port: 2, files: [], connections: 1, sent: 5, received: 6 },
  ],
} as const satisfies Pick<Snapshot, 'agent' | 'clusters' | 'tunnels'> & Record<string, unknown>;
const use = { cpuSeconds: 1.5, residentBytes: 100, heapBytes: 50, delaySeconds: 0.002, busy: 0.25 };

function text(): string {
  const counters = createCounters();
  counters.dials.add('opened');
  counters.refusals.add('password');
  const closed = { id: 1, at: 1, kind: 'closed', cluster: one.id, title: one.title, by: 'person' } as const;
  counters.hear({ kind: 'activity', entry: closed });
  const requests = [
    family('k8s_tunnels_api_requests', { type: 'counter', help: 'Requests.' }, [{ value: 7 }]),
  ];
  const { localProxies, ...rest } = snapshot;
  return metricsText({
    snapshot: {
      ...rest,
      tunnels: [...rest.tunnels],
      localProxies: localProxies.map((proxy) => ({ ...proxy, files: [] })),
    } as never,
    counters,
    use,
    now: 70_000,
    requests,
  });
}

it('has tunnels by state, dials, refusals, bytes, requests and the process', () => {
  expect(text().split('\n')).toEqual(
    expect.arrayContaining([
      'k8s_tunnels_build_info{version="1.2.3"} 1',
      'k8s_tunnels_clusters 2',
      'k8s_tunnels_tunnels{status="connected"} 1',
      'k8s_tunnels_tunnels{status="failed"} 0',
      `k8s_tunnels_probe_duration_seconds{cluster="${one.id.replaceAll('"', '\\"')}",title="payments \\"a\\""} 0.042`,
      'k8s_tunnels_events_total{event="closed"} 1',
      'k8s_tunnels_dials_total{result="opened"} 1',
      'k8s_tunnels_dials_total{result="failed"} 0',
      'k8s_tunnels_refused_clients_total{reason="password"} 1',
      'k8s_tunnels_refused_clients_total{reason="account"} 0',
      `k8s_tunnels_port_connections{cluster="${other.id}",title="search"} 1`,
      `k8s_tunnels_port_bytes_total{cluster="${other.id}",title="search",direction="received"} 6`,
      'k8s_tunnels_api_requests_total 7',
      'k8s_tunnels_uptime_seconds 60',
      'process_start_time_seconds 10',
      'process_cpu_seconds_total 1.5',
      'process_resident_memory_bytes 100',
      'nodejs_eventloop_lag_seconds 0.002',
      'nodejs_eventloop_utilization_ratio 0.25',
    ]),
  );
});

it('is OpenMetrics: each family once, its lines together, counters with _total, an end', () => {
  const lines = text().split('\n');
  expect(lines.slice(-2)).toEqual(['# EOF', '']);
  const names = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
  expect(new Set(names).size).toBe(names.length);
  let current = { name: '', type: '' };
  for (const line of lines.slice(0, -2)) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) current = { name, type };
    const ending = { counter: '_total', info: '_info', gauge: '' }[current.type];
    if (line.startsWith('# UNIT')) expect(current.name.endsWith(`_${line.split(' ').at(-1)}`)).toBe(true);
    if (!line.startsWith('#')) expect(line.split(/[{ ]/)[0]).toBe(`${current.name}${ending}`);
  }
  // Each value of a label set appears once.
  const series = lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')));
  expect(new Set(series).size).toBe(series.length);
});

it('measures this process', async () => {
  const measured = await measureProcess();
  for (const value of Object.values(measured)) expect(value).toBeGreaterThanOrEqual(0);
  expect(measured.residentBytes).toBeGreaterThan(measured.heapBytes / 2);
  expect(measured.cpuSeconds).toBeGreaterThan(0);
});
