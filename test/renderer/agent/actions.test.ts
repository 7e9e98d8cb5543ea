import { describe, expect, test } from 'vitest';
import type { AgentClient } from '../../../main/api/conversation.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { createActions } from '../../../renderer/agent/actions.ts';
import { fromSnapshot } from '../../../renderer/agent/apply-change.ts';
import { createPageStore } from '../../../renderer/agent/page-store.ts';
import { aCluster, aSnapshot, aTunnel, connected, originFailure } from '../shown.ts';

const orders = aCluster('orders', { environment: 'staging' });
const payments = aCluster('payments', { environment: 'production' });

interface Asked {
  readonly name: string;
  readonly input: unknown;
  readonly signal: AbortSignal | undefined;
  answer(output: unknown): void;
  refuse(error: Error): void;
}

/** A page whose agent is the test: each call waits in `calls` for its answer. Like the agent it answers an abort. */
function setUp(snapshot: Parameters<typeof aSnapshot>[0] = {}) {
  const calls: Asked[] = [];
  const store = createPageStore();
  const agent = fromSnapshot(
    aSnapshot({ clusters: [orders, payments], tunnels: [aTunnel(payments.id, connected())], ...snapshot }),
  );
  store.update((state) => ({ ...state, link: { status: 'ready' }, agent }));
  let retries = 0;
  const call = (name: string, input: unknown, options?: { readonly signal?: AbortSignal }) =>
    new Promise((answer, refuse) => {
      options?.signal?.addEventListener('abort', () => refuse(new AppError('cancelled', 'Cancelled.')));
      calls.push({ name, input, signal: options?.signal, answer, refuse });
    });
  const actions = createActions({
    store,
    link: { call: call as AgentClient['call'], look() {}, retry: () => (retries += 1) },
  });
  const only = () => {
    const [first, ...others] = calls;
    if (first === undefined || others.length > 0) throw new Error(`There are ${calls.length} calls.`);
    return first;
  };
  const connectedTo = (warnings: readonly string[] = []) => ({ results: [], kubectl: {}, warnings });
  return { actions, calls, store, only, connectedTo, retries: () => retries };
}

const unconfirmed = new AppError('production-unconfirmed', 'payments is a production cluster.');
const unreachable = new AppError('agent-unreachable', 'The agent is not running.', { retryable: true });

describe('to connect', () => {
  test('asks before an API server receives an id token, and allows what was shown', async () => {
    const { actions, calls, store, only } = setUp();
    const consent = {
      cluster: orders.id,
      title: 'orders',
      session: 'sso.acme.example',
      issuer: 'https://sso.acme.example',
      clientId: 'kubernetes',
      server: 'https://k8s.orders.example:6443',
      allowed: false,
      changed: false,
      digest: 'what was shown',
    };
    const results = [
      { status: 'connected', cluster: orders.id, title: 'orders', context: 'orders', latencyMs: 1, consent },
    ];
    const connecting = actions.connect(orders.id);
    only().answer({ results, kubectl: {}, warnings: [] });
    await connecting;
    expect(store.get().consents).toEqual([consent]);
    await actions.decideConsent(false);
    expect(store.get().consents).toEqual([]);
    expect(calls).toHaveLength(1);
    const again = actions.connect(orders.id);
    calls[1]?.answer({ results, kubectl: {}, warnings: [] });
    await again;
    const deciding = actions.decideConsent(true);
    expect(calls[2]).toMatchObject({
      name: 'allow',
      input: { cluster: orders.id, digest: 'what was shown' },
    });
    calls[2]?.refuse(new AppError('bad-input', 'orders has changed since you were asked.'));
    await deciding;
    expect(store.get()).toMatchObject({ consents: [], problems: [{ title: 'Could not allow orders' }] });
  });

  test('shows the wish until it is answered, and leaves the mode to the settings', async () => {
    const { actions, store, only, connectedTo } = setUp();
    const done = actions.connect(orders.id);
    expect(store.get().asked).toEqual(new Map([[orders.id, 'connect']]));
    expect(only()).toMatchObject({ name: 'connect', input: { clusters: [orders.id] } });
    expect(only().input).not.toHaveProperty('mode');
    only().answer(connectedTo());
    await done;
    expect(store.get()).toMatchObject({ asked: new Map(), problems: [] });
  });

  test('says a warning once: not again where a notice of the agent says it', async () => {
    const said = '/home/ada/.kube/config has mode 0644';
    const { actions, store, only, connectedTo } = setUp({
      notices: [{ at: 1, level: 'warning', message: said }],
    });
    const done = actions.connect(orders.id);
    only().answer(connectedTo([said, 'It was written in place.']));
    await done;
    expect(store.get().problems).toMatchObject([{ level: 'warning', title: 'It was written in place.' }]);
  });

  test('leaves the rule for production to the agent, and says what it made of it', async () => {
    const { actions, store, only, connectedTo } = setUp();
    const done = actions.connect(payments.id);
    expect(only().input).toEqual({ clusters: [payments.id] });
    const stays = [{ cluster: payments.id, title: 'payments' }];
    only().answer({ ...connectedTo(), results: [{ status: 'connected', cluster: payments.id }], stays });
    await done;
    expect(store.get().done).toMatchObject({
      title: 'The current context was not switched: payments is a production cluster.',
    });
    expect(store.get()).not.toHaveProperty('confirming');
  });

  test('that switches says so, and Undo goes back while it is current still', async () => {
    for (const current of [orders.id, payments.id]) {
      const { actions, store, calls, only, connectedTo } = setUp({
        kubectl: { context: 'now', cluster: current },
      });
      const done = actions.connect(orders.id);
      const kubectl = { context: 'orders', cluster: orders.id };
      only().answer({ ...connectedTo(), kubectl, switched: { from: 'minikube' } });
      await done;
      expect(store.get().done).toMatchObject({
        title: 'Switched the current context from minikube to orders.',
      });
      void actions.undo();
      expect(calls.slice(1)).toMatchObject(
        current === orders.id ? [{ name: 'switch', input: { cluster: '-', production: true } }] : [],
      );
      expect(store.get().done).toBeUndefined();
    }
  });

  test('keeps why it failed, without a problem of its own, until the next try', async () => {
    const { actions, store, calls, connectedTo } = setUp();
    const done = actions.connect(orders.id);
    const result = { status: 'failed', cluster: orders.id, title: 'orders', ...originFailure };
    calls[0]?.answer({ ...connectedTo(), results: [result] });
    await done;
    expect(store.get().agent?.failures.get(orders.id)).toMatchObject(originFailure);
    expect(store.get().problems).toEqual([]);
    void actions.connect(orders.id);
    expect(store.get().agent?.failures.size).toBe(0);
  });

  test('is cancelled by switching off, which is no failure, and disconnected if it was connected', async () => {
    const { actions, store, calls, only } = setUp();
    const connecting = actions.connect(orders.id);
    const { signal } = only();
    const disconnecting = actions.disconnect(orders.id);
    expect(signal?.aborted).toBe(true);
    await connecting;
    const [, second] = calls;
    expect(second).toMatchObject({ name: 'disconnect', input: { clusters: [orders.id] } });
    second?.answer({ closed: [], warnings: [] });
    await disconnecting;
    expect(store.get()).toMatchObject({ asked: new Map(), problems: [] });
    expect(store.get().agent?.failures.size).toBe(0);
  });

  test('that the agent answers as cancelled is no failure either', async () => {
    const { actions, store, only, connectedTo } = setUp();
    const connecting = actions.connect(orders.id);
    const error = { code: 'cancelled', message: 'Cancelled.', retryable: false };
    only().answer({
      ...connectedTo(),
      results: [{ status: 'failed', cluster: orders.id, title: 'orders', error }],
    });
    await connecting;
    expect(store.get().agent?.failures.size).toBe(0);
  });

  test('tells warnings and what did not work, and problems go when they are dismissed', async () => {
    const { actions, store, calls, connectedTo } = setUp();
    const first = actions.connect(orders.id);
    calls[0]?.answer(connectedTo(['Context orders was taken over.']));
    await first;
    const second = actions.connect(payments.id);
    calls[1]?.refuse(unreachable);
    await second;
    const { problems, asked } = store.get();
    expect(asked.size).toBe(0);
    expect(problems).toMatchObject([
      { level: 'warning', title: 'Context orders was taken over.' },
      { level: 'error', title: 'Could not connect payments', error: { code: 'agent-unreachable' } },
    ]);
    actions.dismiss(problems[0]?.id ?? -1);
    expect(store.get().problems).toEqual(problems.slice(1));
  });
});

describe('to disconnect', () => {
  test('asks for that cluster, and forgets why it failed', async () => {
    const { actions, store, only } = setUp();
    const done = actions.disconnect(payments.id);
    expect(store.get().asked).toEqual(new Map([[payments.id, 'disconnect']]));
    expect(only()).toMatchObject({ name: 'disconnect', input: { clusters: [payments.id] } });
    only().answer({ closed: [], kubectl: {}, warnings: [] });
    await done;
    expect(store.get().asked.size).toBe(0);
  });

  test('all cancels what is under way and closes the rest', async () => {
    const { actions, store, calls } = setUp();
    const connecting = actions.connect(orders.id);
    const done = actions.disconnectAll();
    expect(calls[0]?.signal?.aborted).toBe(true);
    await connecting;
    expect(store.get().asked).toEqual(new Map([[payments.id, 'disconnect']]));
    expect(calls[1]).toMatchObject({ name: 'disconnect', input: { clusters: 'all' } });
    calls[1]?.refuse(unreachable);
    await done;
    expect(store.get().asked.size).toBe(0);
    expect(store.get().problems).toMatchObject([{ title: 'Could not disconnect all clusters' }]);
  });
});

describe('to undo', () => {
  const closed = (...some: readonly (typeof orders)[]) => ({
    closed: some.map(({ id, title }) => ({ cluster: id, title })),
    kubectl: {},
    warnings: [],
  });

  test('a disconnect connects all of it again and gives kubectl its context back, without a question', async () => {
    const { actions, store, calls } = setUp({ kubectl: { context: 'payments', cluster: payments.id } });
    const done = actions.disconnectAll();
    calls[0]?.answer(closed(orders, payments));
    await done;
    expect(store.get().done).toMatchObject({ title: 'Disconnected 2 clusters.' });
    const undone = actions.undo();
    expect(store.get().done).toBeUndefined();
    expect(calls[1]).toMatchObject({
      name: 'connect',
      input: { clusters: [orders.id, payments.id], mode: 'add' },
    });
    const results = [orders, payments].map(({ id }) => ({ status: 'connected', cluster: id }));
    calls[1]?.answer({ results, kubectl: {}, warnings: [] });
    await expect.poll(() => calls.length).toBe(3);
    expect(calls[2]).toMatchObject({ name: 'switch', input: { cluster: payments.id, production: true } });
    calls[2]?.answer({ kubectl: {} });
    await undone;
    expect(store.get()).toMatchObject({ problems: [], asked: new Map() });
  });

  test('a disconnect gives what was current for some time no longer than was left of that', async () => {
    for (const [left, minutes] of [
      [9.5, 10],
      [-1, undefined],
    ] as const) {
      const limit = { until: Date.now() + left * 60_000 };
      const { actions, calls } = setUp({ kubectl: { context: 'payments', cluster: payments.id, limit } });
      const done = actions.disconnect(payments.id);
      calls[0]?.answer(closed(payments));
      await done;
      const undone = actions.undo();
      calls[1]?.answer({
        results: [{ status: 'connected', cluster: payments.id }],
        kubectl: {},
        warnings: [],
      });
      if (minutes !== undefined) {
        await expect.poll(() => calls.length).toBe(3);
        expect(calls[2]?.input).toEqual({ cluster: payments.id, production: true, minutes });
        calls[2]?.answer({ kubectl: {} });
      }
      await undone;
      expect(calls).toHaveLength(minutes === undefined ? 2 : 3);
    }
  });

  test('leaves kubectl where it is when the cluster does not come back, or was not its own', async () => {
    const { actions, store, calls } = setUp({ kubectl: { context: 'payments', cluster: payments.id } });
    for (const status of ['failed', 'connected']) {
      calls.length = 0;
      const cluster = status === 'failed' ? payments : orders;
      const done = actions.disconnect(cluster.id);
      calls[0]?.answer(closed(cluster));
      await done;
      expect(store.get().done).toMatchObject({ title: `Disconnected ${cluster.title}.` });
      const undone = actions.undo();
      const result = { status, cluster: cluster.id, ...originFailure };
      calls[1]?.answer({ results: [result], kubectl: {}, warnings: [] });
      await undone;
      expect(calls).toHaveLength(2);
    }
  });

  test('a lost star gives the favourites their order back', async () => {
    const { actions, store, calls } = setUp({ favourites: [payments.id, orders.id] });
    const done = actions.star(payments.id, false);
    calls[0]?.answer({ favourites: [orders.id] });
    await done;
    expect(store.get().done).toMatchObject({ title: 'Removed payments from favourites.' });
    const undone = actions.undo();
    expect(calls[1]).toMatchObject({ name: 'favourite', input: { cluster: payments.id, on: true } });
    calls[1]?.answer({ favourites: [orders.id, payments.id] });
    await expect.poll(() => calls.length).toBe(3);
    expect(calls[2]).toMatchObject({
      name: 'favourites-order',
      input: { favourites: [payments.id, orders.id] },
    });
    calls[2]?.answer({ favourites: [] });
    await undone;
  });

  test('is not offered for what failed or closed nothing, nor once it is connected again', async () => {
    const { actions, store, calls } = setUp();
    const none = actions.disconnect(payments.id);
    calls[0]?.answer(closed());
    await none;
    expect(store.get().done).toBeUndefined();
    const failed = actions.star(payments.id, false);
    calls[1]?.refuse(unreachable);
    await failed;
    expect(store.get().done).toBeUndefined();
    const done = actions.disconnect(payments.id);
    calls[2]?.answer(closed(payments));
    await done;
    void actions.connect(payments.id);
    expect(store.get().done).toBeUndefined();
    await actions.undo();
    expect(calls).toHaveLength(4);
  });
});

describe('to use', () => {
  test('asks the agent, whatever the cluster is; its question waits for an answer', async () => {
    const { actions, store, calls } = setUp();
    void actions.setCurrent(orders.id);
    expect(calls).toMatchObject([{ name: 'switch', input: { cluster: orders.id } }]);
    expect(store.get().confirming).toBeUndefined();
    const done = actions.setCurrent(payments.id);
    calls[1]?.refuse(unconfirmed);
    await done;
    expect(store.get()).toMatchObject({ confirming: payments.id, problems: [] });
  });

  test('production is left alone after a no, and used after a yes', async () => {
    const { actions, store, calls } = setUp();
    const ask = async () => {
      calls.length = 0;
      const asking = actions.setCurrent(payments.id);
      calls.pop()?.refuse(unconfirmed);
      await asking;
      expect(store.get().confirming).toBe(payments.id);
    };
    await ask();
    await actions.confirmSwitch(false);
    expect(calls).toEqual([]);
    expect(store.get()).not.toHaveProperty('confirming');
    await ask();
    void actions.confirmSwitch(true, 30);
    expect(calls[0]?.input).toEqual({ cluster: payments.id, production: true, minutes: 30 });
    await ask();
    const done = actions.confirmSwitch(true);
    expect(calls).toMatchObject([{ name: 'switch', input: { cluster: payments.id, production: true } }]);
    expect(store.get()).not.toHaveProperty('confirming');
    calls[0]?.refuse(new AppError('kubeconfig-locked', 'Somebody else writes it.'));
    await done;
    expect(store.get().problems).toMatchObject([
      { title: 'Could not switch to payments', error: { code: 'kubeconfig-locked' } },
    ]);
    await actions.confirmSwitch(true);
    expect(calls).toHaveLength(1);
  });
});

test.each([
  ['favourite', { cluster: orders.id, on: true }, 'Could not change the favourite orders'],
  ['favourites-order', { favourites: [orders.id] }, 'Could not reorder the favourites'],
  ['discover', {}, 'Could not refresh the clusters'],
] as const)('%s becomes a problem when it fails', async (name, input, title) => {
  const { actions, store, only } = setUp();
  const done = {
    favourite: () => actions.star(orders.id, true),
    'favourites-order': () => actions.order([orders.id]),
    discover: () => actions.discover(),
  }[name]();
  expect(only()).toMatchObject({ name, input });
  only().refuse(unreachable);
  await done;
  expect(store.get().problems).toMatchObject([{ title, level: 'error' }]);
});

test('settings that do not fit are told to the field that asked, not as a problem', async () => {
  const { actions, store, only } = setUp();
  const done = actions.saveSettings({ catalogMaxAgeMinutes: 0 });
  only().refuse(new AppError('bad-input', 'Too small.'));
  await expect(done).rejects.toMatchObject({ code: 'bad-input' });
  expect(store.get().problems).toEqual([]);
});

test('to try again reaches the link', () => {
  const { actions, retries } = setUp();
  actions.retry();
  expect(retries()).toBe(1);
});
