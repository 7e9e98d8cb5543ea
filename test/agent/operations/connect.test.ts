import { expect, test, vi } from 'vitest';
import type { Connected, Outcome } from '../../../main/agent/connections/outcome.ts';
import { connectOperation } from '../../../main/agent/operations/connect.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { createState } from '../../../main/agent/state/state.ts';
import { AppError } from '../../../main/model/app-error.ts';
import type { Policy } from '../../../main/model/policy.ts';
import { aCluster } from '../../renderer/shown.ts';

const { signal } = new AbortController();
const hostname = 'orders.acme.example';
const orders = aCluster('orders', { reach: { kind: 'tunnel', hostname } as never });
const up: Outcome = { status: 'connected', cluster: orders, context: 'orders', port: 41_001, latencyMs: 5 };
const down = (code: 'access-denied' | 'aws-denied', more = {}): Outcome => ({
  status: 'failed',
  cluster: orders,
  error: new AppError(code, 'No.'),
  ...more,
});

const unexpected = () => Promise.reject(new Error('nobody asked for this'));

const connecting = async (
  outcome: Outcome,
  {
    known,
    minutes,
    restored = Promise.resolve(),
    origin,
  }: { known?: Policy; minutes?: number; restored?: Promise<void>; origin?: 'resume' | 'set' } = {},
) => {
  const did: unknown[] = [];
  const connect = connectOperation({
    callers: {
      of: () => ({
        discovery: undefined,
        logins: { accounts: async () => [], login: unexpected, logout: unexpected },
      }),
    },
    clusters: { find: async () => [orders], named: (cluster) => ({ cluster, title: 'orders' }) },
    connections: {
      connect: async ({ clusters, forMs, switches, signIn }): Promise<Connected> => {
        did.push({ forMs, switches });
        await signIn?.(clusters);
        return { outcomes: [outcome], warnings: ['careful'], left: [], stays: [] };
      },
    },
    restored,
    tab: { end: () => void did.push('end of the tab') },
    current: {
      sourceFor: () => ({ kubeconfig: undefined, cwd: '/', home: '/' }),
      kubectlAfter: async (_caller, warnings) => ({
        kubectl: { context: 'orders' },
        warnings: [...warnings],
      }),
      look: async () => true,
      lookNow: () => void did.push('look now'),
    },
    consents: { view: () => Promise.reject(new Error('no issuer')) },
    activity: { during: (_what, work) => work(), add: ({ kind }) => void did.push(`journal: ${kind}`) },
    access: {
      report: async (_hostname, denial) => void did.push({ denial }),
      teamOf: () => undefined,
      serviceToken: async () => undefined,
      async token(app) {
        did.push(`login: ${app}`);
        return {} as never;
      },
    },
    policies: { get: () => known },
    tunnels: { find: () => undefined },
    state: createState(silentLogger),
    accessRequest: () => 'https://help.acme.example/',
    clock: { now: () => 100 },
    logger: silentLogger,
  });
  const answer = await connect({
    clusters: ['orders'],
    signal,
    ...(minutes ? { minutes } : {}),
    ...(origin ? { origin } : {}),
  });
  return { answer, did: did.slice(1), asked: did[0] };
};

test('what the policy said is reported, unless Access has said it since', async () => {
  const admitted = { hostname, verdict: 'admitted', at: 1 } as const;
  const denied = (at: number): Policy => ({
    hostname,
    verdict: 'denied',
    at,
    reason: 'policy',
    message: 'No.',
    failing: [],
  });
  expect((await connecting(up)).did).toEqual([{ denial: undefined }]);
  expect((await connecting(up, { known: admitted })).did).toEqual([]);
  const refused = down('access-denied', { stage: 'access' });
  expect((await connecting(refused)).did).toEqual([{ denial: {} }]);
  expect((await connecting(refused, { known: denied(99) })).did).toEqual([{ denial: {} }]);
  expect((await connecting(refused, { known: denied(100) })).did).toEqual([]);
});

test('a cluster that failed before its tunnel began is in the journal; whoever is denied is told where to ask', async () => {
  expect((await connecting(down('aws-denied'))).did).toEqual(['journal: failed']);
  const { answer } = await connecting(down('access-denied', { stage: 'access' }));
  expect(answer.results).toMatchObject([{ error: { hint: 'Ask for access: https://help.acme.example/' } }]);
});

test('a time limit is looked at from then on', async () => {
  const { asked, did, answer } = await connecting(up, { minutes: 2 });
  expect(asked).toEqual({ forMs: 120_000, switches: true });
  expect(did).toContain('look now');
  expect(answer).toMatchObject({ kubectl: { context: 'orders' }, warnings: ['careful'] });
});

test('nothing is connected before what was open is open again', async () => {
  const { promise: restored, resolve } = Promise.withResolvers<void>();
  const seen = vi.fn();
  const connected = connecting(up, { restored }).then(seen);
  // Whatever does not wait has ended by then.
  await new Promise(setImmediate);
  expect(seen).not.toHaveBeenCalled();
  resolve();
  await connected;
  expect(seen).toHaveBeenCalled();
});

test('what was connected before is signed in to before it is opened, what a set names is not', async () => {
  const known = { hostname, verdict: 'admitted', at: 1 } as const;
  expect((await connecting(up, { known, origin: 'resume' })).did).toEqual([
    `login: ${hostname}`,
    'end of the tab',
  ]);
  expect((await connecting(up, { known, origin: 'set' })).did).toEqual([]);
});
