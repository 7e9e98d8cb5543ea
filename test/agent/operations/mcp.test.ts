import { beforeEach, expect, test, vi } from 'vitest';
import { createConfirmations } from '../../../main/agent/confirmations/confirmations.ts';
import type { IsolateRequest } from '../../../main/agent/connections/isolate.ts';
import { type McpOperations, mcpOperations } from '../../../main/agent/operations/mcp.ts';
import { operations as contract } from '../../../main/api/contract.ts';
import { AppError } from '../../../main/model/app-error.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import type { Confirmation } from '../../../main/model/confirmation.ts';
import { aCluster } from '../../renderer/shown.ts';
import { skippingClock } from '../skipping-clock.ts';

const staging: Cluster = { ...aCluster('orders'), environment: 'staging' };
const production: Cluster = { ...aCluster('ledger'), environment: 'production' };
const call = { client: 'Claude', pid: 7, waitMs: 4_000, signal: new AbortController().signal };

let requests: IsolateRequest[];
let shown: readonly Confirmation[];
let failure: AppError | undefined;
let ended: string[];
let operations: McpOperations;
beforeEach(() => {
  requests = [];
  shown = [];
  failure = undefined;
  ended = [];
  operations = mcpOperations({
    clusters: {
      async find([word]) {
        return [staging, production].filter(({ title }) => title === word);
      },
    },
    connections: {
      async isolate(request) {
        requests.push(request);
        const [cluster = staging] = request.clusters;
        if (failure !== undefined)
          return { outcomes: [{ status: 'failed', cluster, error: failure }], terminals: [] };
        const terminal = {
          id: 'a'.repeat(16),
          cluster: cluster.id,
          kind: 'mcp',
          context: cluster.title,
          pid: 7,
        } as const;
        return {
          outcomes: [{ status: 'connected', cluster, context: cluster.title, port: 1, latencyMs: 1 }],
          terminals: [{ ...terminal, since: 1, start: 1, file: '/state/config' }],
        };
      },
      terminals: () => [
        { id: 'd'.repeat(16), cluster: staging.id, kind: 'mcp', context: 'orders', pid: 7, since: 1 },
        { id: 'b'.repeat(16), cluster: staging.id, kind: 'mcp', context: 'orders', pid: 8, since: 1 },
        { id: 'c'.repeat(16), cluster: staging.id, kind: 'shell', context: 'orders', pid: 7, since: 1 },
      ],
      async endTerminals(ids) {
        ended.push(...ids);
        return ids.length;
      },
    },
    confirmations: createConfirmations({
      clock: skippingClock(),
      onChange: (waiting) => {
        shown = waiting;
      },
    }),
    restored: Promise.resolve(),
    activity: { during: (_, work) => work() },
    accessRequest: () => undefined,
  });
});

test('opens a cluster at once, to read and nothing else', async () => {
  expect(await operations.openForMcp({ cluster: 'orders', ...call })).toEqual({
    status: 'open',
    cluster: staging.id,
    title: 'orders',
    terminal: 'a'.repeat(16),
    file: '/state/config',
  });
  expect(requests).toMatchObject([{ kind: 'mcp', pid: 7, readOnly: {} }]);
  expect(shown).toEqual([]);
  // What the client had of this cluster before, and nothing of another process or a terminal.
  expect(ended).toEqual(['d'.repeat(16)]);
});

test('opens production after the yes of the user, and not before', async () => {
  const opening = operations.openForMcp({ cluster: 'ledger', ...call });
  await vi.waitFor(() => expect(shown).toMatchObject([{ cluster: production.id, client: 'Claude', pid: 7 }]));
  expect(requests).toEqual([]);
  operations.answerConfirmation(shown[0]?.id ?? '', true);
  expect(await opening).toMatchObject({ status: 'open', production: true });
  expect(requests).toMatchObject([{ readOnly: {} }]);
  // The next time is another question.
  const again = operations.openForMcp({ cluster: 'ledger', ...call, waitMs: 0 });
  expect(await again).toEqual({
    status: 'waiting',
    cluster: production.id,
    title: 'ledger',
    production: true,
  });
});

test('does not open production after a no, and says what to do', async () => {
  const opening = operations.openForMcp({ cluster: 'ledger', ...call });
  await vi.waitFor(() => expect(shown).toHaveLength(1));
  operations.answerConfirmation(shown[0]?.id ?? '', false);
  await expect(opening).rejects.toMatchObject({
    code: 'production-unconfirmed',
    message: expect.stringContaining('ledger'),
  });
  expect(requests).toEqual([]);
});

test('a yes outlasts a tunnel that did not open', async () => {
  failure = new AppError('edge-failed', 'The edge does not answer.');
  const opening = operations.openForMcp({ cluster: 'ledger', ...call });
  await vi.waitFor(() => expect(shown).toHaveLength(1));
  operations.answerConfirmation(shown[0]?.id ?? '', true);
  await expect(opening).rejects.toMatchObject({ code: 'edge-failed' });
  failure = undefined;
  expect(await operations.openForMcp({ cluster: 'ledger', ...call })).toMatchObject({ status: 'open' });
});

test('no input confirms production or asks for more than reading', () => {
  const input = contract['mcp-open'].input;
  const given = { cluster: 'ledger', client: 'Claude', pid: 7, waitMs: 0 };
  expect(new Set(Object.keys(input.shape))).toEqual(new Set(['client', 'cluster', 'pid', 'waitMs']));
  expect(input.parse({ ...given, production: true, readOnly: { secrets: true } })).toEqual(given);
});

test('the end of a process ends what it had, and nothing else', async () => {
  expect(await operations.endMcp(7)).toBe(1);
  expect(ended).toEqual(['d'.repeat(16)]);
  expect(await operations.isOpenForMcp('b'.repeat(16))).toBe(true);
  expect(await operations.isOpenForMcp('c'.repeat(16))).toBe(false);
});
