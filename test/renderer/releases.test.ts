import { expect, test } from 'vitest';
import { aCluster, aRelease } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();
const clusters = [aCluster('orders')];

test('a release is shown with its notes as text, and put away until the next one', async (context) => {
  const { agent, page, banner, openNotices } = await shown.open(context, { clusters });
  const notes = '# Faster\n\n- see [docs](https://a.example/)\n\n<img src=x onerror="document.title=1">';
  agent.tell({ kind: 'set', values: { release: aRelease({ notes }) } });
  await openNotices();
  const out = banner('k8s-tunnels 1.4.0 is out');
  const download = out.getByRole('link', { name: 'Download' });
  expect(await download.getAttribute('href')).toBe('https://example.com/1.4.0');
  expect(await download.getAttribute('target')).toBe('_blank');

  await out.getByRole('button', { name: 'What’s new' }).click();
  const dialog = page.getByRole('dialog', { name: 'k8s-tunnels 1.4.0 is out' });
  await dialog.getByRole('heading', { name: 'Faster' }).waitFor();
  expect(await dialog.getByRole('link', { name: 'docs' }).getAttribute('href')).toBe('https://a.example/');
  await dialog.getByText('<img src=x').waitFor();
  expect(await dialog.locator('img').count()).toBe(0);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await out.getByRole('button', { name: 'Dismiss' }).click();
  await out.waitFor({ state: 'detached' });
  // The same again, said otherwise.
  agent.tell({ kind: 'set', values: { release: aRelease({ notes: 'More.' }) } });
  agent.tell({ kind: 'notice', notice: { at: 1, level: 'warning', message: 'Afterwards.' } });
  await banner('Afterwards.').waitFor();
  expect(await out.count()).toBe(0);
  agent.tell({ kind: 'set', values: { release: aRelease({ version: '1.5.0' }) } });
  await banner('k8s-tunnels 1.5.0 is out').waitFor();
  agent.tell({ kind: 'set', values: { release: null } });
  await banner('k8s-tunnels 1.5.0 is out').waitFor({ state: 'detached' });
});

test('one that is required stays', async (context) => {
  const { banner, openNotices } = await shown.open(context, {
    clusters,
    release: aRelease({ isRequired: true }),
  });
  await openNotices();
  const out = banner('Your version is no longer supported.');
  await out.waitFor();
  expect(await out.getByRole('button', { name: 'Dismiss' }).count()).toBe(0);
});

test('the address leads to the notes, over every page, and once', async (context) => {
  const { page } = await shown.open(context, { clusters, release: aRelease({ notes: '' }) });
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'General' }).waitFor();
  await page.evaluate(() => {
    location.hash = '#/release';
  });
  const dialog = page.getByRole('dialog');
  await dialog.getByText('No release notes').waitFor();
  await eventually(() => page.evaluate(() => location.hash)).toBe('');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'General' }).waitFor();
});
