import type { AuditRequest } from '../../model/audit-entry.ts';
import { family } from '../metrics/open-metrics.ts';

/** Beyond this number of series, further clusters are counted together. */
const mostSeries = 2_000;
/** Status codes that are counted by themselves. Others are counted by their class. */
const knownCodes = new Set([
  ...[101, 200, 201, 202, 304, 400, 401, 403, 404, 405, 406, 409, 410, 415, 422, 429],
  ...[500, 502, 503, 504],
]);

/** Counters of the requests through local TLS proxies since the agent started. */
export interface RequestCounters {
  /** Never throws. */
  count(entry: AuditRequest): void;
  /** Returns the families of OpenMetrics that hold them. `lost` entries could not be written. */
  families(lost: number): readonly (readonly string[])[];
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  requests: number;
  bytes: number;
  ms: number;
}

export function createRequestCounters({
  limit = mostSeries,
}: {
  readonly limit?: number;
} = {}): RequestCounters {
  const series = new Map<string, Series>();

  const seriesOf = ({ cluster, title, verb, status, refused }: AuditRequest): Series => {
    const code = codeOf(status);
    const by = refused === true ? 'proxy' : 'server';
    const labelsOf = (id: string, name: string) => ({ cluster: id, title: name, verb, code, by });
    const key = `${cluster} ${verb} ${code} ${by}`;
    const known = series.get(key);
    if (known !== undefined) return known;
    const isFull = series.size >= limit;
    // Without a cluster, their number is that of verbs and codes.
    const own = isFull ? `other ${verb} ${code} ${by}` : key;
    const labels = isFull ? labelsOf('other', 'other') : labelsOf(cluster, title);
    const one = series.get(own) ?? { labels, requests: 0, bytes: 0, ms: 0 };
    series.set(own, one);
    return one;
  };

  return {
    count(entry) {
      if (entry.event === 'opened') return;
      const one = seriesOf(entry);
      one.requests += 1;
      one.bytes += entry.bytes;
      one.ms += entry.ms;
    },
    families(lost) {
      const counter = (
        name: string,
        { help, unit }: { readonly help: string; readonly unit?: string },
        amountOf: (one: Series) => number,
      ) =>
        family(
          name,
          { type: 'counter', help, ...(unit === undefined ? {} : { unit }) },
          Array.from(series.values(), (one) => ({ labels: one.labels, value: amountOf(one) })),
        );
      return [
        counter(
          'k8s_tunnels_api_requests',
          { help: 'Requests through local TLS proxies.' },
          ({ requests }) => requests,
        ),
        counter(
          'k8s_tunnels_api_response_bytes',
          { help: 'Bytes of the bodies of their answers.', unit: 'bytes' },
          ({ bytes }) => bytes,
        ),
        counter(
          'k8s_tunnels_api_request_duration_seconds',
          { help: 'Time from each request to the end of its answer.', unit: 'seconds' },
          ({ ms }) => ms / 1_000,
        ),
        family(
          'k8s_tunnels_audit_lost_entries',
          { type: 'counter', help: 'Audit entries that could not be written.' },
          [{ value: lost }],
        ),
      ];
    },
  };
}

function codeOf(status: number | undefined): string {
  if (status === undefined) return 'none';
  return knownCodes.has(status) ? String(status) : `${Math.floor(status / 100)}xx`;
}
