import { expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../../main/agent/parts.ts';
import type { Peer } from '../../../main/agent/tunnels/peers/peer-table.ts';
import { createRefusals, type ReportedRefusal, refusalNotice } from '../../../main/agent/tunnels/refusals.ts';
import { clusterId } from '../../../main/model/cluster.ts';

const at = (name: string) => ({ cluster: clusterId('eks', '1', 'eu-west-1', name), port: 20_443 });
const own: Peer = { kind: 'own', process: async () => ({ pid: 7, name: 'k9s' }) };
const other = (id: string): Peer => ({ kind: 'other', id, account: async () => `account ${id}` });

function start() {
  const reported: ReportedRefusal[] = [];
  const counts: unknown[] = [];
  const logger: Logger = { ...silentLogger, warn: (_, fields) => void counts.push(fields?.count) };
  const reasons: string[] = [];
  const refusals = createRefusals({
    logger,
    onRefused: (reason) => reasons.push(reason),
    onFirst: (refusal) => reported.push(refusal),
  });
  return { refusals, reported, reasons, counts };
}

it('reports each kind once a cluster, with the program, and counts the others', async () => {
  const { refusals, reported, reasons, counts } = start();
  for (let round = 0; round < 250; round++) await refusals.count(at('a'), { reason: 'password', peer: own });
  await refusals.count(at('b'), { reason: 'password', peer: undefined });
  await refusals.count(at('a'), { reason: 'tls', peer: own });
  expect(reported).toEqual([
    { ...at('a'), reason: 'password', process: { pid: 7, name: 'k9s' } },
    { ...at('b'), reason: 'password' },
    { ...at('a'), reason: 'tls', process: { pid: 7, name: 'k9s' } },
  ]);
  expect(counts).toEqual([1, 10, 100, 1, 1]);
  expect(reasons).toHaveLength(252);
  expect(reasons.slice(-2)).toEqual(['password', 'tls']);
});

it('reports another account once, however many ports it tries', async () => {
  const { refusals, reported } = start();
  for (const name of ['a', 'b', 'c']) await refusals.count(at(name), { reason: 'account', peer: other('9') });
  await refusals.count(at('a'), { reason: 'account', peer: other('0') });
  expect(reported).toEqual([
    { ...at('a'), reason: 'account', account: 'account 9' },
    { ...at('a'), reason: 'account', account: 'account 0' },
  ]);
});

it('never rejects', async () => {
  const { refusals, reported } = start();
  const broken: Peer = { kind: 'own', process: () => Promise.reject(new Error('EMFILE')) };
  await refusals.count(at('a'), { reason: 'password', peer: broken });
  expect(reported).toEqual([]);
});

it('says the next step in each notice', () => {
  const notice = (refusal: Partial<ReportedRefusal>) =>
    refusalNotice('prod', { ...at('a'), reason: 'password', ...refusal });
  expect(notice({ process: { pid: 7, name: 'k9s' } })).toMatch(/^k9s \(process 7\) sent .*restart it/);
  expect(notice({ reason: 'tls' })).toMatch(/^A program opened TLS .*update it/);
  expect(notice({ reason: 'form' })).toMatch(/^A program cannot use .*kubeconfig prod --for .*entryForm tls/);
  expect(notice({ reason: 'account', account: 'root' })).toMatch(/account root .*without sudo/);
});
