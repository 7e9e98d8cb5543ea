import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Collector, createCollector } from '../../../main/agent/audit/collector.ts';
import type { Network, Request } from '../../../main/agent/network/network.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { AuditRequest } from '../../../main/model/audit-entry.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

const endpoint = 'http://127.0.0.1:4318/v1/logs';
const entry = (name: string): AuditRequest => ({
  event: 'answered',
  at: 1_764_000_000_123,
  cluster: 'eks/1/r/c' as ClusterId,
  title: 'payments',
  verb: 'delete',
  resource: 'pods',
  namespace: 'web',
  name,
  status: 403,
  bytes: 12,
  ms: 3,
  refused: true,
});

let clock: SkippingClock;
let status: number | Error;
let to: string;
let asked: { readonly url: string; readonly request: Request }[];
let onFailed: ReturnType<typeof vi.fn<(endpoint: string, error: unknown) => void>>;
let collector: Collector;

beforeEach(() => {
  clock = skippingClock({ isStill: true });
  status = 200;
  to = endpoint;
  asked = [];
  onFailed = vi.fn();
  const request: Network['request'] = async (url, given = {}) => {
    asked.push({ url: url.href, request: given });
    if (status instanceof Error) throw status;
    return { status, headers: {}, body: Buffer.from('{}') };
  };
  collector = createCollector({
    clock,
    logger: silentLogger,
    network: { request },
    endpoint: () => to,
    onFailed,
  });
});
afterEach(() => collector.close());

interface Sent {
  readonly resourceLogs: readonly [
    {
      readonly resource: { readonly attributes: readonly object[] };
      readonly scopeLogs: readonly [
        { readonly logRecords: readonly { readonly attributes: readonly { readonly key: string }[] }[] },
      ];
    },
  ];
}
const recordsOf = ({ request }: (typeof asked)[number]) =>
  (JSON.parse(String(request.body)) as Sent).resourceLogs[0].scopeLogs[0].logRecords;
const skip = async (ms: number) => {
  clock.skip(ms);
  // The answers arrive.
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

it('gets log records of OTLP in batches', async () => {
  collector.send(entry('a'));
  collector.send(entry('b'));
  expect(asked).toEqual([]);
  await skip(5_000);
  expect(asked).toMatchObject([
    { url: endpoint, request: { method: 'POST', headers: { 'content-type': 'application/json' } } },
  ]);
  const [sent] = asked;
  const records = sent === undefined ? [] : recordsOf(sent);
  expect(records).toHaveLength(2);
  expect(records[0]).toEqual({
    timeUnixNano: '1764000000123000000',
    severityNumber: 13,
    eventName: 'k8s_tunnels.request.answered',
    attributes: [
      { key: 'k8s.cluster.name', value: { stringValue: 'payments' } },
      { key: 'k8s.namespace.name', value: { stringValue: 'web' } },
      { key: 'http.response.status_code', value: { intValue: '403' } },
      { key: 'http.response.body.size', value: { intValue: '12' } },
      { key: 'k8s_tunnels.cluster', value: { stringValue: 'eks/1/r/c' } },
      { key: 'k8s_tunnels.verb', value: { stringValue: 'delete' } },
      { key: 'k8s_tunnels.resource', value: { stringValue: 'pods' } },
      { key: 'k8s_tunnels.name', value: { stringValue: 'a' } },
      { key: 'k8s_tunnels.duration_ms', value: { intValue: '3' } },
      { key: 'k8s_tunnels.refused', value: { boolValue: true } },
    ],
  });
  // Nothing wakes an idle agent.
  expect(clock.pending()).toBe(0);
});

it('gets what it refused later, less and less often, with one report', async () => {
  status = 503;
  collector.send(entry('a'));
  await skip(5_000);
  collector.send(entry('b'));
  await skip(10_000);
  await skip(19_000);
  expect(asked).toHaveLength(2);
  status = 200;
  await skip(1_000);
  expect(asked).toHaveLength(3);
  expect(asked[2] && recordsOf(asked[2])).toHaveLength(2);
  expect(onFailed).toHaveBeenCalledOnce();
  status = new Error('away');
  collector.send(entry('c'));
  await skip(5_000);
  expect(onFailed).toHaveBeenCalledTimes(2);
});

it('does not make the agent hold more than a limit', async () => {
  status = 503;
  for (let at = 0; at < 20_000; at += 1) collector.send(entry(`n${at}`));
  status = 200;
  for (let turn = 0; turn < 20; turn += 1) await skip(5_000);
  const names = asked.flatMap((one) => recordsOf(one)).map(({ attributes }) => JSON.stringify(attributes));
  expect(names.length).toBeLessThanOrEqual(5_000);
  expect(names.at(-1)).toContain('n19999');
  for (const one of asked) expect(recordsOf(one).length).toBeLessThanOrEqual(500);
});

it('gets nothing while there is none, nor what waited when it was removed', async () => {
  to = '';
  collector.send(entry('a'));
  expect(clock.pending()).toBe(0);
  to = endpoint;
  collector.send(entry('b'));
  to = '';
  await skip(5_000);
  expect(asked).toEqual([]);
});
