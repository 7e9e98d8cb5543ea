import { describe, expect, test } from 'vitest';
import { type BarFacts, choicesOf, furtherChoices } from '../../../renderer/bar/choices.ts';
import { filtersOf } from '../../../renderer/clusters/filters.ts';
import { aCluster, aTunnel, connected } from '../shown.ts';

const orders = aCluster('orders-eu', { environment: 'staging', group: 'shop' });
const payments = aCluster('payments-prod', { environment: 'production' });
const bare = aCluster('bare', { reach: { kind: 'none', reason: 'A tag is missing.' } });
const reports = aCluster('reports', { source: 'gke', account: 'orders-data' });
const clusters = [bare, orders, payments, reports];

const resting: BarFacts = {
  clusters,
  open: new Set(),
  tunnels: new Map(),
  favourites: [],
  kept: new Set(),
  denied: new Set(),
  sets: [],
  current: undefined,
  recent: [],
  resume: undefined,
  asksFirst: (cluster) => cluster === payments,
  filters: filtersOf(clusters).flatMap(({ filters }) => filters),
  now: Date.UTC(2026, 10, 26, 9),
};
const open: BarFacts = {
  ...resting,
  open: new Set([orders.id, payments.id]),
  tunnels: new Map([orders, payments].map(({ id }) => [id, aTunnel(id, connected())])),
  current: orders.id,
  favourites: [orders.id],
  kept: new Set([reports.id]),
};
const titles = (query: string, facts = resting) => choicesOf(query, facts).map(({ title }) => title);
const verbOf = (query: string, facts = resting) => choicesOf(query, facts)[0]?.verb;

describe('what the empty bar offers', () => {
  test('is what to resume, what is recent, sets, favourites and commands', () => {
    const facts = {
      ...open,
      recent: [reports.id, bare.id],
      favourites: [reports.id, bare.id, orders.id],
      sets: [{ name: 'EU pair', clusters: [orders.id, reports.id] }],
      resume: { clusters: [bare.id, reports.id], at: resting.now - 15 * 60 * 60_000 },
    };
    const offered = choicesOf('', facts);
    expect(offered.slice(0, 7).map(({ title }) => title)).toEqual([
      'Resume 2 clusters of yesterday: bare and reports',
      'payments-prod',
      'reports',
      'bare',
      'Open set EU pair',
      'orders-eu',
      'Sign in to all',
    ]);
    expect(offered.flatMap(({ section }) => section ?? [])).toEqual([
      'Recent',
      'Sets',
      'Favourites',
      'Commands',
    ]);
  });

  test('is the commands alone where there is nothing else', () => {
    expect(titles('').slice(0, 8)).toEqual([
      'Sign in to all',
      'Refresh',
      'Activity',
      'Accounts',
      'Settings',
      'Set up…',
      'Keyboard shortcuts',
      'Group by account',
    ]);
    expect(titles('', open)).toContain('Disconnect all');
  });

  test('names three of the clusters to resume, and counts the others', () => {
    const many = ['a', 'b', 'c', 'd'].map((title) => aCluster(title));
    const resume = { clusters: many.map(({ id }) => id), at: resting.now - 72 * 60 * 60_000 };
    expect(titles('', { ...resting, clusters: many, resume })[0]).toBe(
      'Resume 4 clusters of Monday: a, b, c and 1 more',
    );
  });
});

describe('what the bar finds', () => {
  test.each([
    ['con ord', 'Connect orders-eu'],
    ['orders connect', 'Connect orders-eu'],
    ['open pay', 'Open payments-prod'],
    ['star rep', 'Star reports'],
    ['shop', 'orders-eu'],
    ['ord', 'orders-eu'],
    ['term rep', 'Open terminal in reports'],
    ['group env', 'Group by environment'],
    ['filter stag', 'Filter by staging'],
    ['sett', 'Settings'],
    ['?', 'Keyboard shortcuts'],
    ['login', 'Sign in to all'],
  ])('begins for %j with %j', (query, first) => {
    expect(titles(query)[0]).toBe(first);
  });

  test('is clusters, sets and commands in one list, the best match first', () => {
    const facts = { ...resting, sets: [{ name: 'settlement', clusters: [orders.id] }] };
    const stage = aCluster('data-sets', {});
    expect(titles('set', { ...facts, clusters: [...clusters, stage] }).slice(0, 4)).toEqual([
      'Open set settlement',
      'Settings',
      'Set up…',
      'data-sets',
    ]);
  });

  test('is no filter, no group and no further action of a set for one or two letters', () => {
    const facts = { ...resting, sets: [{ name: 'staging', clusters: [orders.id] }] };
    for (const query of ['s', 'st'])
      expect(titles(query, facts).filter((title) => /^(Filter|Group|Copy|Remove)/.test(title))).toEqual([]);
    expect(titles('sta', facts)).toContain('Filter by staging');
  });

  test('says what choosing a cluster does, by its state', () => {
    expect(verbOf('reports')).toBe('Connect');
    expect(verbOf('bare')).toBe('Open');
    expect(verbOf('payments', open)).toBe('Set current');
    expect(verbOf('orders', open)).toBe('Open');
    expect(verbOf('reports', { ...resting, denied: new Set(['one.k8s.example.com']) })).toBe('Open');
    expect(choicesOf('payments', open)[0]).toMatchObject({
      title: 'payments-prod',
      hint: 'asks for confirmation',
      action: { kind: 'use', cluster: payments },
    });
  });

  test('leads to the list with all clusters that were found', () => {
    expect(choicesOf('orders', resting).at(-1)).toMatchObject({
      title: 'Show 2 clusters in the list',
      action: { kind: 'list' },
    });
    expect(titles('sett')).not.toContain('Show 0 clusters in the list');
  });

  test('is nothing for what is nowhere', () => {
    expect(titles('xyzzy')).toEqual([]);
    expect(titles('disconnect all')).toEqual([]);
  });

  test('never has production first where another matches as well, and marks it', () => {
    const staging = aCluster('payments-staging', { environment: 'staging' });
    const facts = { ...resting, clusters: [orders, payments, reports, staging] };
    for (const query of ['pay', 'con pay', 'connect', 'open pay', 'star p', 'pay st', 'eks']) {
      const [first] = choicesOf(query, facts);
      expect(first, query).toBeDefined();
      expect(first?.isProduction, query).not.toBe(true);
    }
    expect(titles('pay', facts).slice(0, 2)).toEqual(['payments-staging', 'payments-prod']);
    expect(choicesOf('payments-prod', facts)[0]).toMatchObject({
      title: 'payments-prod',
      name: 'payments-prod',
      isProduction: true,
    });
    // So many of production that they would fill the panel.
    const many = Array.from({ length: 90 }, (_, at) => aCluster(`pay-${at}`, { environment: 'prod' }));
    expect(titles('pay', { ...facts, clusters: [...many, staging] })[0]).toBe('payments-staging');
  });

  test('has a set with a production cluster behind one without', () => {
    const sets = [
      { name: 'a live', clusters: [payments.id, orders.id] },
      { name: 'b test', clusters: [orders.id] },
    ];
    const [first, second] = choicesOf('open set', { ...resting, sets });
    expect(first).toMatchObject({ title: 'Open set b test', isProduction: false });
    expect(second).toMatchObject({ title: 'Open set a live', isProduction: true, hint: '2 clusters' });
  });

  test('is never more than a user looks through', () => {
    const many = Array.from({ length: 500 }, (_, at) => aCluster(`c${at}`));
    expect(titles('c', { ...resting, clusters: many })).toHaveLength(24);
  });
});

describe('the actions of a choice', () => {
  const actionsOf = (query: string, facts = resting) => {
    const [first] = choicesOf(query, facts);
    return first === undefined ? [] : furtherChoices(first, facts).map(({ title }) => title);
  };

  test('are what can be done with a cluster as it is, what choosing it does first', () => {
    expect(actionsOf('bare')).toEqual(['Open bare', 'Copy link to bare', 'Star bare']);
    expect(actionsOf('orders-eu', open)).toEqual([
      'Open orders-eu',
      'Open terminal in orders-eu',
      'Copy command for orders-eu',
      'Copy link to orders-eu',
      'Unstar orders-eu',
      'Disconnect orders-eu',
    ]);
    expect(actionsOf('reports', open)).toEqual([
      'Connect reports',
      'Open reports',
      'Open terminal in reports',
      'Copy command for reports',
      'Copy link to reports',
      'Star reports',
    ]);
    expect(actionsOf('payments', open)[0]).toBe('Switch to payments-prod');
    const [payment] = choicesOf('payments', open);
    const hints = payment === undefined ? [] : furtherChoices(payment, open).map(({ hint }) => hint);
    expect([hints[0], new Set(hints.slice(1))]).toEqual(['asks for confirmation', new Set([undefined])]);
  });

  test('are those of a set; a command has none', () => {
    const facts = { ...resting, sets: [{ name: 'EU pair', clusters: [orders.id, reports.id] }] };
    expect(actionsOf('eu pair', facts)).toEqual([
      'Open set EU pair',
      'Copy link to set EU pair',
      'Delete set EU pair',
    ]);
    expect(actionsOf('settings')).toEqual([]);
  });
});
