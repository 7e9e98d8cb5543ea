import { expect, test } from 'vitest';
import type { Input } from '../../main/api/contract.ts';
import { linkOf } from '../../main/api/link.ts';
import { targetHash } from '../../main/api/window-target.ts';
import { aCluster, aDenial, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders', { environment: 'staging' });
const payments = aCluster('payments', { environment: 'production' });
const search = aCluster('search', { environment: 'staging' });
const legacy = aCluster('legacy', { reach: { kind: 'none', reason: 'It has no host name.' } });
const clusters = [orders, payments, search, legacy];

const opened = async (...args: Parameters<typeof shown.open>) => {
  const window = await shown.open(...args);
  const { page, agent } = window;
  const calls: Input<'connect'>[] = [];
  const { connect } = agent.handlers;
  agent.handlers.connect = (input, call) => {
    calls.push(input);
    return connect(input, call);
  };
  await page.locator('.row').first().waitFor();
  return {
    ...window,
    calls,
    follow: (link: string) =>
      page.evaluate(
        (hash) => {
          location.hash = hash;
        },
        targetHash({ kind: 'link', link }),
      ),
    dialog: (name: string) => page.getByRole('alertdialog', { name, exact: true }),
    lines: () => page.getByRole('alertdialog').getByRole('listitem').allInnerTexts(),
  };
};

test('a link asks first, and a no changes nothing', async (context) => {
  const { page, follow, dialog, lines, calls, focused, agent } = await opened(context, { clusters });
  await follow('k8s-tunnels://connect?tags=environment=staging');
  await dialog('Open 2 clusters?').waitFor();
  expect(await lines()).toEqual([
    'orders\nstaging · EKS · 111122223333 · eu-west-1',
    'search\nstaging · EKS · 111122223333 · eu-west-1',
  ]);
  await eventually(focused).toBe('Cancel');
  await page.keyboard.press('Enter');
  await dialog('Open 2 clusters?').waitFor({ state: 'detached' });
  await follow('k8s-tunnels://connect?tags=environment=staging');
  await dialog('Open 2 clusters?').waitFor();
  await page.keyboard.press('Escape');
  await dialog('Open 2 clusters?').waitFor({ state: 'detached' });
  expect(calls).toEqual([]);
  expect(agent.snapshot().tunnels).toEqual([]);
});

test('a yes opens what can be opened; with production kubectl stays', async (context) => {
  const { page, follow, dialog, lines, calls, switchOf } = await opened(context, {
    clusters,
    tunnels: [aTunnel(search.id, connected())],
  });
  await follow(`${linkOf([orders.id, payments.id, search.id, legacy.id])}&cluster=nowhere`);
  await dialog('Open 2 clusters?').waitFor();
  expect(await lines()).toEqual([
    'orders\nstaging · EKS · 111122223333 · eu-west-1',
    'payments\nproduction\nproduction · EKS · 111122223333 · eu-west-1',
    'search\nAlready connected',
    'legacy\nIt has no host name.',
    'nowhere\nThere is no cluster called "nowhere".',
  ]);
  await page.getByText('payments is a production cluster. The current context does not change.').waitFor();
  await page.getByRole('button', { name: 'Connect 2 (1 production)' }).click();
  await eventually(() => switchOf('payments').isChecked()).toBe(true);
  expect(calls).toEqual([{ clusters: [orders.id, payments.id], origin: 'link', production: true }]);
  await page.getByText('The current context was not switched: payments is a production cluster.').waitFor();
  await follow(linkOf([orders.id]));
  await dialog('Nothing to open').waitFor();
  expect(await page.getByRole('alertdialog').getByRole('button').allTextContents()).toEqual(['Close']);
});

test('without a yes to production, the others are opened', async (context) => {
  const { page, follow, calls, switchOf } = await opened(context, { clusters });
  await follow(linkOf([orders.id, payments.id, search.id]));
  await page.getByRole('button', { name: 'Connect only the other 2' }).click();
  await eventually(() => switchOf('search').isChecked()).toBe(true);
  expect(await switchOf('orders').isChecked()).toBe(true);
  expect(await switchOf('payments').isChecked()).toBe(false);
  expect(calls).toEqual([
    { clusters: [orders.id, payments.id, search.id], origin: 'link', production: false },
  ]);
});

test('production stays apart also where the organisation asks nothing', async (context) => {
  const { page, follow, calls } = await opened(context, {
    clusters,
    organisation: {
      name: 'Acme',
      origin: 'url',
      place: 'https://acme.example/',
      signed: false,
      readAt: 1,
      links: {},
      locked: [],
      production: { environments: ['production'], guard: false },
    },
  });
  await follow(linkOf([payments.id]));
  await page.getByRole('button', { name: 'Connect 1 (production)' }).click();
  await eventually(async () => calls).toEqual([
    { clusters: [payments.id], origin: 'link', production: true },
  ]);
  await page.getByText('The current context was not switched: payments is a production cluster.').waitFor();
});

test('without production it is as the person chose', async (context) => {
  const { page, follow, calls } = await opened(context, { clusters });
  await follow('k8s-tunnels://connect?cluster=orders&cluster=SEARCH');
  await page.getByRole('button', { name: 'Connect 2', exact: true }).click();
  await eventually(async () => calls).toEqual([{ clusters: [orders.id, search.id], origin: 'link' }]);
});

test('one that the policy refuses is not opened', async (context) => {
  const hostname = 'people.k8s.example.com';
  const people = aCluster('people', { reach: { kind: 'tunnel', hostname, origin: 'socks' } });
  const { follow, dialog, lines } = await opened(context, {
    clusters: [...clusters, people],
    policies: [aDenial(hostname)],
  });
  await follow(linkOf([people.id]));
  await dialog('Nothing to open').waitFor();
  expect(await lines()).toEqual(['people\nGroup people-ops only']);
});

test('a link that is refused says why; one that follows takes its place', async (context) => {
  const { page, follow, dialog, calls, focused } = await opened(context, { clusters });
  await follow('k8s-tunnels://connect?cluster=orders&production=true');
  await dialog('Invalid link').getByText('besides cluster and tags').waitFor();
  await follow('k8s-tunnels://connect?cluster=orders');
  await dialog('Open 1 cluster?').waitFor();
  await page.getByRole('button', { name: 'Connect 1' }).focus();
  await follow('k8s-tunnels://connect?cluster=payments');
  await page.getByRole('button', { name: 'Connect 1 (production)' }).waitFor();
  await eventually(focused).toBe('Cancel');
  await page.keyboard.press('Escape');
  const many = Array.from({ length: 60 }, (_, at) => `cluster=${at}`).join('&');
  await follow(`k8s-tunnels://connect?${many}`);
  await dialog('Invalid link').getByText('more than 50').waitFor();
  expect(calls).toEqual([]);
});

test('what is discovered meanwhile joins in', async (context) => {
  const { follow, dialog, agent } = await opened(context, { clusters });
  await follow('k8s-tunnels://connect?cluster=later');
  await dialog('Nothing to open').waitFor();
  const later = aCluster('later');
  agent.tell({ kind: 'catalog', upserted: [later], removed: [], cells: [], removedCells: [] });
  await dialog('Open 1 cluster?').waitFor();
});
