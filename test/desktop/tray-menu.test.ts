import { describe, expect, test, vi } from 'vitest';
import { trayGroups } from '../../main/desktop/tray-groups.ts';
import { type TrayActions, trayMenu } from '../../main/desktop/tray-menu.ts';
import type { Snapshot, TunnelView } from '../../main/model/agent-view.ts';
import { type Cluster, clusterId } from '../../main/model/cluster.ts';
import { defaultSettings, defaultSettingsFrom, settingsSchema } from '../../main/model/settings.ts';
import { byTitle, layoutOf } from '../../renderer/clusters/layout.ts';

const now = 1_000_000_000;

function cluster(title: string, more: Partial<Cluster> = {}): Cluster {
  const account = more.account ?? '111122223333';
  return {
    id: clusterId('eks', account, 'eu-west-1', title),
    source: 'eks',
    account,
    region: 'eu-west-1',
    name: title,
    title,
    server: 'https://example.invalid',
    reach: { kind: 'tunnel', hostname: `${title}.example.invalid`, origin: 'socks' },
    tagProblems: [],
    seenAt: now,
    stale: false,
    ...more,
  };
}

function tunnel({ id }: Cluster, state?: TunnelView['state']): TunnelView {
  const connected: TunnelView['state'] = {
    status: 'connected',
    since: now,
    probe: { at: now, stages: [], totalMs: 23.6 },
  };
  return {
    cluster: id,
    state: state ?? connected,
    port: 20_000,
    connector: 'builtin',
    connections: 0,
    sent: 0,
    received: 0,
  };
}

function snapshot(more: Partial<Snapshot>): Snapshot {
  return {
    agent: { version: '0', pid: 1, startedAt: now, platform: 'linux', signIns: 'headless' },
    clusters: [],
    cells: [],
    discovery: { status: 'idle' },
    tunnels: [],
    logins: [],
    sessions: [],
    kubectl: {},
    favourites: [],
    sets: [],
    kept: [],
    policies: [],
    settings: defaultSettings,
    settingsFrom: defaultSettingsFrom,
    notices: [],
    ...more,
  };
}

function actions(): TrayActions {
  return {
    connect: vi.fn(),
    disconnect: vi.fn(),
    disconnectAll: vi.fn(),
    retry: vi.fn(),
    openSet: vi.fn(),
    use: vi.fn(),
    lock: vi.fn(),
    openLink: vi.fn(),
    discover: vi.fn(),
    openWindow: vi.fn(),
    answer: vi.fn(),
    openAccounts: vi.fn(),
    openSettings: vi.fn(),
    quit: vi.fn(),
  };
}

type Item = ReturnType<typeof trayMenu>[number];
const menu = (state: Snapshot | undefined, does = actions()) =>
  trayMenu({ snapshot: state, now, actions: does });
const words = ({ type, label = '', checked, enabled }: Item): string => {
  if (type === 'separator') return '----';
  const mark =
    type === 'checkbox' ? `[${checked ? 'x' : ' '}] ` : type === 'radio' ? `(${checked ? 'o' : ' '}) ` : '';
  return `${mark}${label}${enabled === false ? ' -' : ''}`;
};
const lines = (items: readonly Item[]) => items.map(words);
const sub = (items: readonly Item[], label: string): Item[] => {
  const item = items.find((one) => one.label === label);
  return Array.isArray(item?.submenu) ? item.submenu : [];
};
const click = (items: readonly Item[], start: string) => {
  const item = items.find(({ label }) => label?.startsWith(start));
  (item?.click as (() => void) | undefined)?.();
};

const payments = cluster('payments-staging-eu');
const prod = cluster('payments-prod-eu', { environment: 'production' });
const search = cluster('search-staging', { account: '444455556666' });
const ledger = cluster('ledger-prod', { environment: 'production', account: '444455556666' });
const batch = cluster('batch', { reach: { kind: 'none', reason: 'no tag' } });

test('what waits can be tried now, and says how many', () => {
  const [orders, billing] = [cluster('orders & co'), cluster('billing')];
  const failure = {
    stage: 'edge',
    error: { code: 'network-unreachable', message: 'Not reachable.', retryable: true },
    mender: 'network',
  } as const;
  const waits = { status: 'reconnecting', since: now, attempt: 2, nextAt: now + 9_000, failure } as const;
  const does = actions();
  const itemOf = (tunnels: readonly TunnelView[]) =>
    menu(snapshot({ clusters: [orders, billing], tunnels: [...tunnels] }), does).find(({ label }) =>
      label?.startsWith('Retry now'),
    );
  expect(itemOf([tunnel(orders), tunnel(billing)])).toBeUndefined();
  expect(itemOf([tunnel(orders, waits), tunnel(billing)])?.label).toBe('Retry now: orders && co');
  const both = itemOf([tunnel(orders, waits), tunnel(billing, { status: 'failed', since: now, failure })]);
  expect(both?.label).toBe('Retry now: 2 clusters');
  both?.click?.({} as never, undefined, {} as never);
  expect(does.retry).toHaveBeenCalledWith([orders.id, billing.id]);
});

test('an AI client that waits for the user is named, and its answers are one step further', () => {
  const does = actions();
  const question = { cluster: prod.id, client: 'Claude & co', pid: 7, since: now };
  const of = (id: string) => menu(snapshot({ clusters: [prod], confirmations: [{ ...question, id }] }), does);
  const label = 'Claude && co asks to read payments-prod-eu (production)';
  const items = of('a'.repeat(16));
  expect(lines(items)).toContain(label);
  click(sub(items, label), 'Do not allow');
  expect(does.answer).toHaveBeenLastCalledWith('a'.repeat(16), false);
  click(sub(items, label), 'Allow reading');
  expect(does.answer).toHaveBeenLastCalledWith('a'.repeat(16), true);
  // The tray compares the menus as JSON: the next question must not keep the clicks of this one.
  expect(JSON.stringify(of('b'.repeat(16)))).not.toBe(JSON.stringify(items));
});

test('a session that has ended is told, one that was revoked also where another lasts', () => {
  const does = actions();
  const lasting = { authDomain: 'other.cloudflareaccess.com', endsAt: now + 3_600_000 };
  const of = (isRevoked: boolean, sessions: Snapshot['sessions']) =>
    menu(
      snapshot({ sessions, endedSessions: [{ authDomain: 'acme.cloudflareaccess.com', isRevoked }] }),
      does,
    ).find(({ label }) => label === 'Accounts   session at acme.cloudflareaccess.com ended');
  expect(of(false, [lasting])).toBeUndefined();
  expect(of(false, [])).toBeDefined();
  of(true, [lasting])?.click?.({} as never, undefined, {} as never);
  expect(does.openAccounts).toHaveBeenCalledOnce();
});

describe('the tray menu', () => {
  test('has the sets by name, once there is one', () => {
    const does = actions();
    const set = { name: 'R&D EU', clusters: [payments.id] };
    const items = menu(snapshot({ clusters: [payments], sets: [set] }), does);
    expect(lines(sub(items, 'Sets'))).toEqual(['R&&D EU']);
    click(sub(items, 'Sets'), 'R&&D');
    expect(does.openSet).toHaveBeenCalledWith(set);
    expect(lines(menu(snapshot({ clusters: [payments] })))).not.toContain('Sets');
  });

  test('shows what is connected, the current one first, then favourites, then all', () => {
    const items = menu(
      snapshot({
        clusters: [ledger, search, payments, prod, batch],
        tunnels: [tunnel(prod), tunnel(payments)],
        favourites: [search.id, ledger.id, payments.id],
        kubectl: { context: payments.title, cluster: payments.id },
        sessions: [{ authDomain: 'acme.example', endsAt: now + (7 * 60 + 12) * 60_000 + 999 }],
      }),
    );
    expect(lines(items)).toEqual([
      'k8s-tunnels: 2 connected -',
      '[x] payments-staging-eu   24 ms',
      '[x] payments-prod-eu   production, 24 ms',
      'Disconnect all',
      '----',
      '[ ] search-staging',
      '[ ] ledger-prod   production',
      '----',
      'All clusters',
      'Current context',
      '----',
      'Accounts   Cloudflare Access: 7h 12m left',
      'Settings',
      'Refresh',
      'Open window',
      'Quit',
    ]);
    expect(lines(sub(items, 'All clusters'))).toEqual([
      'EKS · 111122223333',
      'EKS · 444455556666',
      'No tunnel',
    ]);
    const named = menu(snapshot({ clusters: [{ ...ledger, accountName: 'R&D' }, search, payments] }));
    expect(lines(sub(named, 'All clusters'))).toEqual(['EKS · 111122223333', 'EKS · R&&D (444455556666)']);
    expect(lines(sub(sub(items, 'All clusters'), 'No tunnel'))).toEqual(['[ ] batch   no tunnel -']);
    expect(lines(sub(sub(items, 'All clusters'), 'EKS · 111122223333'))).toEqual([
      '[x] payments-prod-eu   production, 24 ms',
      '[x] payments-staging-eu   24 ms',
    ]);
    expect(lines(sub(items, 'Current context'))).toEqual([
      '(o) payments-staging-eu',
      '( ) payments-prod-eu   production',
      '( ) other context -',
    ]);
  });

  test('marks production as the current context, with what is left of its time', () => {
    const limit = { until: now + 29 * 60_000 + 1, back: 'home & lab' };
    const items = menu(
      snapshot({
        clusters: [payments, prod],
        tunnels: [tunnel(prod), tunnel(payments)],
        kubectl: { context: prod.title, cluster: prod.id, production: true, limit },
      }),
    );
    expect(lines(items).slice(0, 3)).toEqual([
      'k8s-tunnels: 2 connected -',
      '⚠ Current context: payments-prod-eu   production, 30m left -',
      '[x] payments-prod-eu   production, 24 ms',
    ]);
    expect(lines(sub(items, 'Current context'))).toEqual([
      '(o) payments-prod-eu   production, 30m left, then home && lab',
      '( ) payments-staging-eu',
      '( ) other context -',
    ]);
  });

  test('shows what is unlocked for writing, with what is left of its time, and locks it', () => {
    const unlock = {
      cluster: prod.id,
      reason: 'INC-1',
      who: 'ada',
      since: now - 1,
      until: now + 14.5 * 60_000,
    };
    const does = actions();
    const items = menu(snapshot({ clusters: [prod], unlocks: [unlock] }), does);
    expect(lines(items)[1]).toBe('⚠ Lock payments-prod-eu   unlocked, 15m left');
    click(items, '⚠ Lock');
    expect(does.lock).toHaveBeenCalledWith(prod.id);
  });

  test('asks for what is clicked', () => {
    const does = actions();
    const items = menu(
      snapshot({ clusters: [payments, search], tunnels: [tunnel(payments)], favourites: [search.id] }),
      does,
    );
    click(items, 'payments');
    expect(does.disconnect).toHaveBeenCalledExactlyOnceWith(payments.id);
    click(items, 'search');
    expect(does.connect).toHaveBeenCalledExactlyOnceWith(search.id);
    click(sub(items, 'Current context'), 'payments');
    expect(does.use).toHaveBeenCalledExactlyOnceWith(payments.id);
    for (const label of ['Disconnect all', 'Accounts', 'Settings', 'Refresh', 'Open', 'Quit'])
      click(items, label);
    expect(does.disconnectAll).toHaveBeenCalledOnce();
    expect(does.openAccounts).toHaveBeenCalledOnce();
    expect(does.openSettings).toHaveBeenCalledOnce();
    expect(does.discover).toHaveBeenCalledOnce();
    expect(does.openWindow).toHaveBeenCalledOnce();
    expect(does.quit).toHaveBeenCalledOnce();
  });

  test('says what is under way, and why it waits', () => {
    const does = actions();
    const items = menu(
      snapshot({
        clusters: [payments, search],
        tunnels: [
          tunnel(payments, { status: 'logging-in', since: now }),
          tunnel(search, { status: 'connecting', since: now }),
        ],
        discovery: { status: 'running', since: now, cellsRead: 14, cellsKnown: 40, clusters: 3 },
        logins: [{ kind: 'access', title: 'acme.example', url: 'https://acme.example/login', since: now }],
        kubectl: { context: 'homelab' },
      }),
      does,
    );
    expect(lines(items)).toEqual([
      'k8s-tunnels: nothing connected -',
      '[x] payments-staging-eu   signing in…',
      '[x] search-staging   connecting…',
      'Disconnect all',
      '----',
      'All clusters',
      'Current context',
      '----',
      'Sign in: waiting for your browser…',
      'Accounts',
      'Settings',
      'Loading 14 of 40 locations -',
      'Open window',
      'Quit',
    ]);
    expect(lines(sub(items, 'Current context'))).toEqual(['(o) other context   homelab -']);
    click(items, 'Sign in');
    expect(does.openLink).toHaveBeenCalledExactlyOnceWith('https://acme.example/login');
  });

  test('keeps the order of favourites that the person chose', () => {
    const state = { clusters: [payments, search, ledger], favourites: [search.id, payments.id, ledger.id] };
    const byName = { ...defaultSettings, favouritesOrder: 'name' as const };
    expect(lines(menu(snapshot(state))).slice(2, 5)).toEqual([
      '[ ] search-staging',
      '[ ] payments-staging-eu',
      '[ ] ledger-prod   production',
    ]);
    expect(lines(menu(snapshot({ ...state, settings: byName }))).slice(2, 5)).toEqual([
      '[ ] ledger-prod   production',
      '[ ] payments-staging-eu',
      '[ ] search-staging',
    ]);
  });

  test.each(settingsSchema.shape.listGroup.options)(
    'has the same groups as the window: by %s',
    (listGroup) => {
      const more = { account: '9', accountName: 'R&D', group: 'Core & Co', environment: 'Dev' } as const;
      const denied = cluster('denied');
      const clusters = [
        search,
        cluster('node-10', more),
        cluster('node-9', more),
        payments,
        prod,
        batch,
        denied,
      ];
      const hostname = 'denied.example.invalid';
      const state = snapshot({
        clusters,
        settings: { ...defaultSettings, listGroup },
        policies: [
          { verdict: 'denied', hostname, at: now, reason: 'policy', message: 'No.', failing: [] },
          { verdict: 'admitted', hostname: 'batch.example.invalid', at: now },
        ],
      });
      const sections = layoutOf({
        clusters: byTitle(clusters),
        open: new Set(),
        favourites: [],
        order: 'own',
        groupBy: listGroup,
        isDenied: ({ id }) => id === denied.id,
      });
      const inWindow = sections.map((section) => section.clusters.map(({ title }) => title));
      expect(trayGroups(state).map((group) => group.clusters.map(({ title }) => title))).toEqual(inWindow);

      const all = sub(menu(state), 'All clusters');
      if (listGroup === 'none')
        expect(lines(all).slice(-3)).toEqual([expect.any(String), 'No tunnel', 'No access']);
      else expect(all.every(({ submenu }) => Array.isArray(submenu))).toBe(true);
      if (listGroup === 'group')
        expect(lines(all)).toEqual(['Core && Co', 'No group', 'No tunnel', 'No access']);
    },
  );

  test('shows a tag as one plain line, in which & marks no key', () => {
    const odd = cluster('a&b\nQuit\u202e');
    expect(
      sub(sub(menu(snapshot({ clusters: [odd] })), 'All clusters'), 'EKS · 111122223333')[0]?.label,
    ).toBe('a&&b Quit');
  });

  test('leads to the window where there are too many to list', () => {
    const does = actions();
    const clusters = Array.from({ length: 501 }, (_, at) => cluster(`cluster-${at}`));
    const items = menu(snapshot({ clusters }), does);
    click(items, 'All 501 clusters');
    expect(does.openWindow).toHaveBeenCalledOnce();
    expect(items.every(({ submenu }) => !Array.isArray(submenu) || submenu.length < 10)).toBe(true);
  });

  test('can open the window and quit before the agent has started', () => {
    expect(lines(menu(undefined))).toEqual(['k8s-tunnels: starting -', '----', 'Open window', 'Quit']);
  });
});

test('a lock on the kubeconfig that nobody releases is named, with its age and whose it is', () => {
  const message = '/home/ada/.kube/config.lock has been held by another program for 3h.';
  const locked = { code: 'kubeconfig-locked', message, retryable: false } as const;
  expect(lines(menu(snapshot({ kubeconfigProblems: [locked] })))).toContain(`${message} -`);
});
