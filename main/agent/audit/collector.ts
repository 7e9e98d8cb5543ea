import { AppError, toPlainError } from '../../model/app-error.ts';
import type { AuditRequest } from '../../model/audit-entry.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import { version } from '../version.ts';

const sendAfterMs = 5_000;
/** After a failure, doubled with each further one. */
const retryAfterMs = 10_000;
const longestRetryMs = 5 * 60_000;
const mostInRequest = 500;
/** Entries that wait at most. Older ones are left out: they are in the file. */
const mostWaiting = 5_000;

/** Sends audit entries to a collector of OpenTelemetry. */
export interface Collector {
  /** Sends it within seconds, if there is a collector. Never throws. */
  send(entry: AuditRequest): void;
  /** Stops. What waits is not sent: it is in the file. */
  close(): void;
}

/**
 * Sends log records by OTLP over HTTP, in JSON, in batches. A collector that is away delays and limits only itself.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function createCollector(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly network: Pick<Network, 'request'>;
  /** Returns the address that logs are sent to. Empty: none. */
  readonly endpoint: () => string;
  /** Called when entries cannot be sent, once until they can be. */
  readonly onFailed: (endpoint: string, error: unknown) => void;
}): Collector {
  const { clock, logger, network, endpoint, onFailed } = options;
  const ending = new AbortController();
  let waiting: AuditRequest[] = [];
  let failures = 0;
  let isSending = false;
  let cancel: (() => void) | undefined;

  const schedule = (ms: number) => {
    if (ending.signal.aborted || isSending || waiting.length === 0) return;
    cancel ??= clock.timer(ms, () => {
      cancel = undefined;
      void sendBatch();
    });
  };
  const sendBatch = async () => {
    const to = endpoint();
    const batch = waiting.slice(0, mostInRequest);
    if (to === '') {
      waiting = [];
      return;
    }
    isSending = true;
    try {
      await post(network, to, batch, ending.signal);
      const sent = new Set(batch);
      // Meanwhile the oldest may have been left out.
      waiting = waiting.filter((entry) => !sent.has(entry));
      failures = 0;
    } catch (error) {
      if (!ending.signal.aborted && failures === 0) {
        const { code, message } = toPlainError(error);
        logger.warn('Audit entries are not sent', { endpoint: to, code, message });
        onFailed(to, error);
      }
      failures += 1;
    }
    isSending = false;
    const retryMs = Math.min(retryAfterMs * 2 ** (failures - 1), longestRetryMs);
    schedule(failures > 0 ? retryMs : waiting.length >= mostInRequest ? 0 : sendAfterMs);
  };

  return {
    send(entry) {
      if (endpoint() === '') return;
      waiting.push(entry);
      if (waiting.length > mostWaiting) waiting = waiting.slice(-mostWaiting / 2);
      schedule(sendAfterMs);
    },
    close() {
      cancel?.();
      ending.abort();
    },
  };
}

async function post(
  network: Pick<Network, 'request'>,
  endpoint: string,
  entries: readonly AuditRequest[],
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(endpoint);
  const { status } = await network.request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': `k8s-tunnels/${version}` },
    body: JSON.stringify(logsOf(entries)),
    page: true,
    signal,
  });
  if (status < 200 || status > 299)
    throw new AppError('answer-refused', `${url.host} answered HTTP ${status}.`, {
      hint: 'Check the setting auditExport: it is the address for logs of a collector, which ends with /v1/logs.',
    });
}

/** Returns an ExportLogsServiceRequest (opentelemetry/proto/collector/logs/v1/logs_service.proto). */
function logsOf(entries: readonly AuditRequest[]) {
  const resource = attributesOf({ 'service.name': 'k8s-tunnels', 'service.version': version });
  const logRecords = entries.map((entry) => {
    const { at, event, cluster, title, namespace, status, bytes, ms, refused, readOnly, incomplete } = entry;
    const { verb, group, resource: kind, subresource, name, path, client, stream } = entry;
    return {
      timeUnixNano: `${Math.round(at)}000000`,
      severityNumber: refused === true || (status ?? 500) >= 400 ? 13 : 9,
      eventName: `k8s_tunnels.request.${event}`,
      attributes: attributesOf({
        'k8s.cluster.name': title,
        'k8s.namespace.name': namespace,
        'http.response.status_code': status,
        'http.response.body.size': bytes,
        'user_agent.name': client,
        'k8s_tunnels.cluster': cluster,
        'k8s_tunnels.verb': verb,
        'k8s_tunnels.group': group,
        'k8s_tunnels.resource': kind,
        'k8s_tunnels.subresource': subresource,
        'k8s_tunnels.name': name,
        'k8s_tunnels.path': path,
        'k8s_tunnels.duration_ms': ms,
        'k8s_tunnels.refused': refused,
        'k8s_tunnels.read_only': readOnly,
        'k8s_tunnels.incomplete': incomplete,
        'k8s_tunnels.stream': stream,
      }),
    };
  });
  return {
    resourceLogs: [
      {
        resource: { attributes: resource },
        scopeLogs: [{ scope: { name: 'k8s-tunnels.audit' }, logRecords }],
      },
    ],
  };
}

function attributesOf(values: Readonly<Record<string, string | number | boolean | undefined>>) {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValueOf(value) }],
  );
}

/** JSON of a 64-bit integer is a string (https://protobuf.dev/programming-guides/json/). */
function anyValueOf(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
