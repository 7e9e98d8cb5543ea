import { expect, test } from 'vitest';
import type { ShownWindow } from './open-window.ts';
import { aCluster, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const count = 5_000;
const many = Array.from({ length: count }, (_, index) =>
  aCluster(`c${String(index).padStart(4, '0')}`, { account: index < 2_000 ? '1' : '2' }),
);
const snapshot = { clusters: many };

const rows = ({ page }: ShownWindow) => page.locator('.row').count();
const scroll = ({ page }: ShownWindow, to: number) =>
  page.locator('.clusters').evaluate((list, top) => list.scrollTo(0, top), to);
const place = ({ page }: ShownWindow) => page.locator('.clusters').evaluate((list) => list.scrollTop);
/** Where a row is on the screen, px from above. */
const top = async ({ row }: ShownWindow, title: string) =>
  Math.round((await row(title).boundingBox())?.y ?? Number.NaN);

test('of thousands of rows only those near the view are there; each says its place', async (context) => {
  const window = await shown.open(context, snapshot);
  const { page, row } = window;
  await row('c0000').waitFor();
  expect(await rows(window)).toBeLessThan(40);
  await scroll(window, 137_500);
  await row('c3126').waitFor();
  expect(await rows(window)).toBeLessThan(40);
  expect(await row('c3126').getAttribute('aria-posinset')).toBe('1127');
  expect(await row('c3126').getAttribute('aria-setsize')).toBe('3000');
  // The head of the section stays in sight.
  const head = page.getByRole('region', { name: 'EKS · 2' }).getByRole('heading');
  expect((await head.boundingBox())?.y).toBeLessThan(120);
  await scroll(window, 1e9);
  await row('c4999').waitFor();
  const last = await row('c4999').boundingBox();
  const list = await page.locator('.clusters').boundingBox();
  expect((last?.y ?? 0) + (last?.height ?? 0) + 8).toBe((list?.y ?? 0) + (list?.height ?? 0));
});

test('the keyboard goes to rows that are not there yet; the row that has the focus keeps it out of sight', async (context) => {
  const window = await shown.open(context, snapshot);
  const { page, switchOf, focused, agent } = window;
  await switchOf('c0000').focus();
  await page.keyboard.press('End');
  expect(await focused()).toBe('Connect c4999');
  await page.keyboard.press('ArrowUp');
  expect(await focused()).toBe('Connect c4998');
  await page.keyboard.press('PageUp');
  const pageUp = Number((await focused()).slice(-4));
  expect(pageUp).toBeGreaterThan(4_980);
  expect(pageUp).toBeLessThan(4_995);
  await page.keyboard.press('PageDown');
  expect(await focused()).toBe('Connect c4998');
  await scroll(window, 0);
  await switchOf('c0000').waitFor();
  expect(await focused()).toBe('Connect c4998');
  agent.tell({ kind: 'tunnel', tunnel: aTunnel(many[4_998]?.id ?? ('' as never), connected()) });
  await eventually(() => switchOf('c4998').isChecked()).toBe(true);
  await eventually(focused).toBe('Connect c4998');
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe('Connect c0000');
  await page.keyboard.press('Home');
  expect(await focused()).toBe('Connect c4998');
  expect(await place(window)).toBe(0);
});

test('the place in the list stays while another page is shown, and its row takes the focus back', async (context) => {
  const window = await shown.open(context, snapshot);
  const { page, row, focused } = window;
  await scroll(window, 137_500);
  await row('c3126').getByRole('button', { name: 'c3126', exact: true }).click();
  await page.getByRole('heading', { name: 'c3126', level: 1 }).waitFor();
  await page.keyboard.press('Escape');
  await row('c3126').waitFor();
  expect(await place(window)).toBe(137_500);
  expect(await focused()).toBe('c3126');
});

test('what is in view stays where it is when rows above it come and go; a search begins at the top', async (context) => {
  const window = await shown.open(context, snapshot);
  const { page, agent, row, titles } = window;
  await scroll(window, 137_500);
  await row('c3126').waitFor();
  const before = await top(window, 'c3126');
  const added = Array.from({ length: 100 }, (_, index) => aCluster(`a${index}`, { account: '1' }));
  const change = (upserted: typeof many, removed: typeof many) =>
    agent.tell({
      kind: 'catalog',
      upserted,
      removed: removed.map(({ id }) => id),
      cells: [],
      removedCells: [],
    });
  change(added, []);
  await eventually(() => place(window)).toBe(141_900);
  expect(await top(window, 'c3126')).toBe(before);
  change([], [...added, ...many.slice(0, 10)]);
  await eventually(() => place(window)).toBe(137_060);
  expect(await top(window, 'c3126')).toBe(before);
  await page.getByRole('searchbox').fill('49');
  await eventually(async () => (await titles())[0]).toBe('c0049');
  expect(await place(window)).toBe(0);
});
