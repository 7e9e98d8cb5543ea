import { describe, expect, it } from 'vitest';
import { createRequestCounters } from '../../../main/agent/audit/metrics.ts';
import { openMetrics } from '../../../main/agent/metrics/open-metrics.ts';
import type { AuditRequest } from '../../../main/model/audit-entry.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';

const request = (more: Partial<AuditRequest> = {}): AuditRequest => ({
  event: 'answered',
  at: 1,
  cluster: 'eks/1/r/c' as ClusterId,
  title: 'payments',
  verb: 'get',
  status: 200,
  bytes: 100,
  ms: 250,
  ...more,
});

describe('the counters', () => {
  it('are OpenMetrics, by cluster, verb, code and who answered', () => {
    const counters = createRequestCounters();
    counters.count(request());
    counters.count(request({ name: 'another', bytes: 50 }));
    counters.count(request({ verb: 'delete', status: 403, refused: true }));
    counters.count(request({ verb: 'watch', event: 'opened' }));
    counters.count(request({ verb: 'watch', event: 'closed', status: undefined }));
    const get = 'cluster="eks/1/r/c",title="payments",verb="get",code="200",by="server"';
    const remove = 'cluster="eks/1/r/c",title="payments",verb="delete",code="403",by="proxy"';
    const watch = 'cluster="eks/1/r/c",title="payments",verb="watch",code="none",by="server"';
    expect(openMetrics(counters.families(7)).split('\n')).toEqual([
      '# TYPE k8s_tunnels_api_requests counter',
      '# HELP k8s_tunnels_api_requests Requests through local TLS proxies.',
      `k8s_tunnels_api_requests_total{${get}} 2`,
      `k8s_tunnels_api_requests_total{${remove}} 1`,
      `k8s_tunnels_api_requests_total{${watch}} 1`,
      '# TYPE k8s_tunnels_api_response_bytes counter',
      '# UNIT k8s_tunnels_api_response_bytes bytes',
      '# HELP k8s_tunnels_api_response_bytes Bytes of the bodies of their answers.',
      `k8s_tunnels_api_response_bytes_total{${get}} 150`,
      `k8s_tunnels_api_response_bytes_total{${remove}} 100`,
      `k8s_tunnels_api_response_bytes_total{${watch}} 100`,
      '# TYPE k8s_tunnels_api_request_duration_seconds counter',
      '# UNIT k8s_tunnels_api_request_duration_seconds seconds',
      '# HELP k8s_tunnels_api_request_duration_seconds Time from each request to the end of its answer.',
      `k8s_tunnels_api_request_duration_seconds_total{${get}} 0.5`,
      `k8s_tunnels_api_request_duration_seconds_total{${remove}} 0.25`,
      `k8s_tunnels_api_request_duration_seconds_total{${watch}} 0.25`,
      '# TYPE k8s_tunnels_audit_lost_entries counter',
      '# HELP k8s_tunnels_audit_lost_entries Audit entries that could not be written.',
      'k8s_tunnels_audit_lost_entries_total 7',
      '# EOF',
      '',
    ]);
  });

  it('escape a title', () => {
    const counters = createRequestCounters();
    counters.count(request({ title: 'a "b"\\\nc' }));
    expect(openMetrics(counters.families(0))).toContain('title="a \\"b\\"\\\\\\nc"');
  });

  it('stay few, whatever a client asks for and a server answers', () => {
    const counters = createRequestCounters({ limit: 100 });
    for (let at = 0; at < 5_000; at += 1)
      counters.count(request({ cluster: `eks/1/r/c${at}` as ClusterId, status: 100 + (at % 500) }));
    const lines = openMetrics(counters.families(0))
      .split('\n')
      .filter((line) => line.startsWith('k8s_tunnels_api_requests_total'));
    expect(lines.length).toBeLessThan(150);
    const total = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(total).toBe(5_000);
    expect(lines.filter((line) => line.includes('cluster="other"')).length).toBeGreaterThan(0);
  });
});
