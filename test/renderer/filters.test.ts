import { expect, test } from 'vitest';
import { AppError } from '../../main/model/app-error.ts';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aDenial, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const at = (title: string, more: Parameters<typeof aCluster>[1] = {}) =>
  aCluster(title, {
    reach: { kind: 'tunnel', hostname: `${title}.k8s.example.com`, origin: 'socks' },
    ...more,
  });
const inAccount = (title: string, account: string) => at(title, { account });
const billing = at('billing', { environment: 'production' });
const orders = at('orders', { environment: 'staging', source: 'gke', account: 'shop' });
const people = at('people', { environment: 'staging' });
const search = at('search', { environment: 'production', group: 'web' });
const clusters = [billing, orders, people, search];

const choose = async ({ page }: ShownWindow, ...names: string[]) => {
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  for (const name of names) await page.getByRole('menuitemcheckbox', { name, exact: true }).click();
  await page.keyboard.press('Escape');
};

test('the bar is there on request; filters stand in it until they are removed', async (context) => {
  const window = await shown.open(context, { clusters });
  const { page, titles } = window;
  const toggle = page.getByRole('button', { name: 'Filters and groups' });
  expect(await page.getByRole('search').count()).toBe(0);
  await toggle.click();
  await choose(window, 'production', 'EKS');
  await eventually(titles).toEqual(['billing', 'search']);
  await page.getByRole('searchbox').fill('s');
  // By its name, and by its tags.
  await eventually(titles).toEqual(['search', 'billing']);
  await page.getByRole('searchbox').fill('sea');
  await eventually(titles).toEqual(['search']);
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Remove filter EKS' }).click();
  await choose(window, 'staging');
  await eventually(titles).toEqual(['billing', 'people', 'search', 'orders']);
  await page.getByRole('button', { name: 'Remove filter production' }).click();
  await eventually(titles).toEqual(['people', 'orders']);
  // What is not seen does not filter.
  await toggle.click();
  await eventually(titles).toHaveLength(4);
  expect(await page.getByRole('search').count()).toBe(0);
});

test('what is connected, a favourite or not for the person can be had alone, as it is by then', async (context) => {
  const window = await shown.open(context, {
    clusters,
    favourites: [search.id],
    policies: [aDenial('people.k8s.example.com')],
  });
  const { page, titles, agent } = window;
  await page.getByRole('button', { name: 'Filters and groups' }).click();
  await choose(window, 'No access');
  await eventually(titles).toEqual(['people']);
  await page.getByRole('button', { name: 'Remove filter No access' }).click();
  await choose(window, 'Connected');
  await page.getByRole('heading', { name: 'No cluster matches the filters' }).waitFor();
  agent.tell({ kind: 'tunnel', tunnel: aTunnel(orders.id, connected()) });
  await eventually(titles).toEqual(['orders']);
  await choose(window, 'Favourite');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await eventually(titles).toEqual(['orders', 'search', 'billing']);
});

test('groups are chosen beside them and remembered; the connected and the favourites stay on top', async (context) => {
  const { page, agent, titles } = await shown.open(context, {
    clusters,
    favourites: [search.id],
    tunnels: [aTunnel(people.id, connected())],
  });
  const heads = () => page.getByRole('heading', { level: 2 }).allTextContents();
  await eventually(heads).toEqual(['Connected', 'Favourites', 'EKS · 111122223333', 'GKE · shop']);
  await page.getByRole('button', { name: 'Filters and groups' }).click();
  await page.getByRole('button', { name: 'Group by account' }).click();
  await page.getByRole('menuitemradio', { name: 'environment' }).click();
  await eventually(heads).toEqual(['Connected', 'Favourites', 'production', 'staging']);
  expect(agent.snapshot().settings.listGroup).toBe('environment');
  await page.reload();
  await eventually(heads).toEqual(['Connected', 'Favourites', 'production', 'staging']);
  expect(await titles()).toEqual(['people', 'search', 'billing', 'orders']);
});

test('the menu of filters searches, by keys alone too', async (context) => {
  const { page, titles } = await shown.open(context, { clusters });
  await page.getByRole('button', { name: 'Filters and groups' }).click();
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const field = page.getByRole('searchbox', { name: 'Search filters' });
  await eventually(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.type('gk');
  const items = () => page.getByRole('menuitemcheckbox').allTextContents();
  await eventually(items).toEqual(['GKE', 'GKE · shop']);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await eventually(titles).toEqual(['orders']);
  await field.fill('nothing like it');
  await page.getByText('No filter matches').waitFor();
  await field.fill('');
  await eventually(async () => (await items()).length).toBeGreaterThan(5);
});

const groupHead = ({ page }: ShownWindow, name: string) => page.getByRole('button', { name, exact: true });

test('groups collapse, one or all, and stay so', async (context) => {
  const window = await shown.open(context, { clusters, tunnels: [aTunnel(people.id, connected())] });
  const { page, agent, titles, focused } = window;
  const head = groupHead(window, 'EKS · 111122223333');
  await eventually(titles).toEqual(['people', 'billing', 'search', 'orders']);
  await head.click();
  await eventually(titles).toEqual(['people', 'orders']);
  expect(await head.getAttribute('aria-expanded')).toBe('false');
  await eventually(focused).toBe('EKS · 111122223333');
  await page.reload();
  await eventually(titles).toEqual(['people', 'orders']);
  // A search finds what is collapsed.
  await page.getByRole('searchbox').fill('billing');
  await eventually(titles).toEqual(['billing']);
  await page.getByRole('searchbox').fill('');
  await head.focus();
  await page.keyboard.press('Enter');
  await eventually(titles).toEqual(['people', 'billing', 'search', 'orders']);
  const choose = async (name: string) => {
    await page.getByRole('button', { name: 'Group by account' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await page.getByRole('button', { name: 'Filters and groups' }).click();
  await choose('Collapse all groups');
  await eventually(titles).toEqual(['people']);
  expect(agent.snapshot().collapsedGroups).toHaveLength(2);
  await choose('Expand all groups');
  await eventually(titles).toHaveLength(4);
  // What is connected has no button.
  expect(await groupHead(window, 'Connected').count()).toBe(0);
});

test('a group that is collapsed in the middle of its rows stays in view', async (context) => {
  const many = (account: string) =>
    Array.from({ length: 40 }, (_, at) => inAccount(`${account}-${String(at).padStart(2, '0')}`, account));
  const window = await shown.open(context, {
    clusters: ['111122223333', '222233334444', '333344445555'].flatMap(many),
  });
  const { page, titles } = window;
  await page.locator('.row').first().waitFor();
  await page.locator('.clusters').evaluate((list) => list.scrollTo(0, list.scrollHeight / 2));
  const head = groupHead(window, 'EKS · 222233334444');
  await head.click();
  await eventually(titles).not.toContain('222233334444-20');
  const [top, edge] = await Promise.all([
    head.evaluate((element) => element.getBoundingClientRect().top),
    page.locator('.clusters').evaluate((element) => element.getBoundingClientRect().top),
  ]);
  expect(top).toBeGreaterThanOrEqual(edge);
  expect(top).toBeLessThan(edge + 40);
});

test('a grouping that the organisation manages stays, and it is said why', async (context) => {
  const { page, agent, banner, openNotices } = await shown.open(context, { clusters });
  agent.handlers['settings-set'] = () =>
    Promise.reject(new AppError('setting-managed', 'Acme manages the setting listGroup.'));
  await page.getByRole('button', { name: 'Filters and groups' }).click();
  await page.getByRole('button', { name: 'Group by account' }).click();
  await page.getByRole('menuitemradio', { name: 'nothing' }).click();
  await openNotices();
  await banner('Could not change the grouping').getByText('Acme manages').waitFor();
});
