import { describe, expect, test } from 'vitest';
import type { Change } from '../../main/model/agent-view.ts';
import { defaultSettings } from '../../main/model/settings.ts';
import { aCell, aCluster, anAccount, aTunnel, connected, originFailure } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

// The table in docs/design.md has these numbers.

const shown = windowFixture();

const orders = aCluster('orders', { owner: 'Team Shop' });
const search = aCluster('search');
const clusters = [orders, search];

/** A window whose keys and clicks are counted. */
const counted = async (...args: Parameters<typeof shown.open>) => {
  const window = await shown.open(...args);
  const { page } = window;
  let count = 0;
  return {
    ...window,
    count: () => count,
    press: async (key: string) => {
      count += 1;
      await page.keyboard.press(key);
    },
    click: async (name: string, role: 'button' | 'switch' = 'button') => {
      await page.getByRole(role, { name, exact: true }).click();
      count += 1;
    },
    isReady: async () => {
      await page.locator('.row').first().waitFor();
      await eventually(window.focused).toMatch(/^Search /);
    },
  };
};

describe('the first cluster', () => {
  const fresh = { settings: defaultSettings, discovery: { status: 'idle' } } as const;
  const found: Change = { kind: 'catalog', upserted: clusters, removed: [], cells: [], removedCells: [] };

  test('takes 1 click where there are profiles', async (context) => {
    const { agent, page, click, count, switchOf } = await counted(context, fresh);
    await page.getByRole('heading', { name: 'Connect your clusters' }).waitFor();
    // Discovery needs nobody.
    agent.tell(found);
    await click('Connect orders', 'switch');
    await eventually(() => switchOf('orders').isChecked()).toBe(true);
    expect(count()).toBe(1);
  });

  test('takes 2 without: sign in, connect', async (context) => {
    const { agent, page, click, count, switchOf } = await counted(context, fresh);
    let isSignedIn = false;
    agent.handlers.accounts = async () => ({
      accounts: [anAccount('acme', isSignedIn ? {} : { status: 'signed-out', needed: true })],
    });
    agent.handlers.login = async () => {
      isSignedIn = true;
      return { account: anAccount('acme') };
    };
    agent.handlers.discover = async () => {
      agent.tell(found);
      return { clusters: 2, failed: [], tookMs: 1 };
    };
    await page.reload();
    await click('Sign in to all');
    await click('Connect orders', 'switch');
    await eventually(() => switchOf('orders').isChecked()).toBe(true);
    expect(count()).toBe(2);
  });
});

test('the morning takes 1 key', async (context) => {
  const recent = clusters.map(({ id }) => ({ cluster: id, at: Date.now() - 20 * 60 * 60_000 }));
  const { isReady, press, count, switchOf } = await counted(context, { clusters, recent });
  await isReady();
  await press('Enter');
  for (const { title } of clusters) await eventually(() => switchOf(title).isChecked()).toBe(true);
  expect(count()).toBe(1);
});

describe('switching the current context', () => {
  const both = { clusters, tunnels: clusters.map(({ id }) => aTunnel(id, connected())) };

  test('takes 2 keys', async (context) => {
    const { agent, isReady, press, count, page } = await counted(context, both);
    await isReady();
    await press('o');
    await page.getByRole('option', { selected: true }).getByText('orders').waitFor();
    await press('Enter');
    await eventually(async () => agent.snapshot().kubectl.cluster).toBe(orders.id);
    expect(count()).toBe(2);
  });

  test('takes 1 click', async (context) => {
    const { agent, isReady, row, click, count } = await counted(context, both);
    await isReady();
    await row('orders').hover();
    await click('Set current: orders');
    await eventually(async () => agent.snapshot().kubectl.cluster).toBe(orders.id);
    expect(count()).toBe(1);
  });
});

test('finding the owner takes 1 click', async (context) => {
  const { isReady, click, count, page } = await counted(context, { clusters });
  await isReady();
  await click('orders');
  await page.locator('.sub-page').getByText('Team Shop').first().waitFor();
  expect(count()).toBe(1);
});

test('seeing why a cluster failed takes 1 click', async (context) => {
  const tunnels = [aTunnel(orders.id, { status: 'failed', since: 1, failure: originFailure } as never)];
  const { isReady, click, count, page } = await counted(context, { clusters, tunnels });
  await isReady();
  await click('Details: orders');
  await page.getByText('one.k8s.example.com answered 502. Ask who runs the tunnel.').waitFor();
  expect(count()).toBe(1);
});

test('recovering a cluster that reconnects takes 1 click', async (context) => {
  const state = {
    status: 'reconnecting',
    since: 1,
    attempt: 3,
    nextAt: Date.now() + 60_000,
    failure: originFailure,
  } as never;
  const { agent, isReady, click, count } = await counted(context, {
    clusters,
    tunnels: [aTunnel(orders.id, state)],
  });
  await isReady();
  await click('Retry now: orders');
  await eventually(async () => agent.snapshot().tunnels[0]?.state.status).toBe('connected');
  expect(count()).toBe(1);
});

test('signing in to everything takes 1 click', async (context) => {
  const error = {
    code: 'aws-session-expired',
    message: 'The session has expired.',
    retryable: false,
  } as const;
  const { agent, isReady, click, count } = await counted(context, {
    clusters,
    cells: [aCell('eu-west-1'), aCell('us-east-1', error)],
  });
  const asked: string[] = [];
  agent.handlers.accounts = async () => ({
    accounts: ['one', 'two'].map((session) =>
      anAccount(session, asked.includes(session) ? {} : { status: 'ended', needed: true }),
    ),
  });
  agent.handlers.login = async ({ session = '' }) => {
    asked.push(session);
    return { account: anAccount(session) };
  };
  await isReady();
  await click('Sign in');
  await eventually(async () => asked).toEqual(['one', 'two']);
  expect(count()).toBe(1);
});
