import { describe, expect, test } from 'vitest';
import { filtersOf } from '../../../renderer/clusters/filters.ts';
import { choicesOf, type PaletteFacts } from '../../../renderer/palette/choices.ts';
import { aCluster, aTunnel, connected } from '../shown.ts';

const bare = aCluster('bare', { reach: { kind: 'none', reason: 'No tag.' } });
const orders = aCluster('orders-eu', { environment: 'staging', owner: 'Team Shop' });
const payments = aCluster('payments-prod', { environment: 'production', region: 'us-east-1' });
const reports = aCluster('reports', { source: 'gke', account: 'orders-data' });
const clusters = [bare, orders, payments, reports];

const resting: PaletteFacts = {
  clusters,
  open: new Set(),
  tunnels: new Map(),
  favourites: new Set(),
  kept: new Set(),
  sets: [],
  current: undefined,
  asksFirst: (cluster) => cluster === payments,
  filters: filtersOf(clusters).flatMap(({ filters }) => filters),
};
const open: PaletteFacts = {
  ...resting,
  open: new Set([orders.id, payments.id]),
  tunnels: new Map([orders, payments].map(({ id }) => [id, aTunnel(id, connected())])),
  current: orders.id,
  favourites: new Set([orders.id]),
  kept: new Set([reports.id]),
};
const titles = (query: string, facts = resting) => choicesOf(query, facts).map(({ title }) => title);

describe('what the palette offers', () => {
  test('is without a query what concerns the whole and what is open', () => {
    expect(titles('').slice(0, 7)).toEqual([
      'Refresh',
      'Activity',
      'Accounts',
      'Settings',
      'Set up…',
      'Keyboard shortcuts',
      'Group by account',
    ]);
    expect(titles('', open)).toContain('Disconnect all');
    expect(titles('', open)).toContain('Disconnect orders-eu');
    expect(titles('', open)).not.toContain('Connect reports');
  });

  test.each([
    ['con ord', 'Connect orders-eu'],
    ['orders connect', 'Connect orders-eu'],
    ['open pay', 'Open payments-prod'],
    ['star rep', 'Star reports'],
    ['shop', 'Connect orders-eu'],
    ['group env', 'Group by environment'],
    ['filter stag', 'Filter by staging'],
    ['sett', 'Settings'],
  ])('begins for %j with %j', (query, first) => {
    expect(titles(query)[0]).toBe(first);
  });

  test('is what can be done with a cluster as it is', () => {
    expect(titles('bare')).toEqual(['Open bare', 'Star bare']);
    expect(titles('orders-eu', open)).toEqual([
      'Disconnect orders-eu',
      'Open orders-eu',
      'Copy command for orders-eu',
      'Unstar orders-eu',
    ]);
    expect(titles('payments', open)).toContain('Switch to payments-prod');
    expect(titles('reports', open)).toContain('Copy command for reports');
    expect(choicesOf('use pay', open)[0]).toMatchObject({ hint: 'asks for confirmation' });
    expect(choicesOf('disc ord', open)[0]).toMatchObject({ hint: 'EKS · 111122223333 · eu-west-1' });
  });

  test('has the connect of what begins so before the disconnect of others, and nothing for what is nowhere', () => {
    const some = titles('connect', open);
    expect(some.indexOf('Connect reports')).toBeLessThan(some.indexOf('Disconnect payments-prod'));
    expect(titles('xyzzy')).toEqual([]);
    expect(titles('disconnect all')).toEqual([]);
  });

  test('has a set to open before it is asked for, and the rest with its name', () => {
    const facts = { ...resting, sets: [{ name: 'EU pair', clusters: [orders.id, reports.id] }] };
    expect(titles('', facts)).toContain('Open set EU pair');
    expect(titles('', facts)).not.toContain('Delete set EU pair');
    expect(titles('eu pair', facts)).toEqual([
      'Open set EU pair',
      'Copy link to set EU pair',
      'Delete set EU pair',
    ]);
    expect(choicesOf('open set', facts)[0]).toMatchObject({ hint: '2 clusters' });
  });

  test('never has production first where another fits as well, and marks it', () => {
    const staging = aCluster('payments-staging', { environment: 'staging' });
    const facts = { ...resting, clusters: [orders, payments, reports, staging] };
    for (const query of ['pay', 'con pay', 'connect', 'open pay', 'star p', 'pay st', 'eks']) {
      const [first] = choicesOf(query, facts);
      expect(first, query).toBeDefined();
      expect(first?.isProduction, query).not.toBe(true);
    }
    expect(titles('pay st', facts)[0]).toBe('Connect payments-staging');
    expect(titles('pay', facts).slice(0, 2)).toEqual(['Connect payments-staging', 'Open payments-staging']);
    expect(choicesOf('payments-prod', facts)[0]).toMatchObject({
      title: 'Connect payments-prod',
      name: 'payments-prod',
      isProduction: true,
    });
    // So many of production that they would fill the palette.
    const many = Array.from({ length: 90 }, (_, at) => aCluster(`pay-${at}`, { environment: 'prod' }));
    expect(titles('pay', { ...facts, clusters: [...many, staging] })[0]).toBe('Connect payments-staging');
  });

  test('has a set with a production cluster behind one without', () => {
    const sets = [
      { name: 'a live', clusters: [payments.id, orders.id] },
      { name: 'b test', clusters: [orders.id] },
    ];
    const [first, second] = choicesOf('open set', { ...resting, sets });
    expect(first).toMatchObject({ title: 'Open set b test', isProduction: false });
    expect(second).toMatchObject({ title: 'Open set a live', isProduction: true });
  });

  test('is never more than a person looks through', () => {
    const many = Array.from({ length: 500 }, (_, at) => aCluster(`c${at}`));
    expect(titles('c', { ...resting, clusters: many })).toHaveLength(40);
  });
});
