import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { aCluster } from './shown.ts';
import { windowFixture } from './window-fixture.ts';

const shown = windowFixture();
const root = path.resolve(import.meta.dirname, '..', '..');

test('the licences of all that the app is made of are shown from its settings', async (context) => {
  const { page } = await shown.open(context, { clusters: [aCluster('orders')] });
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Licences' }).click();
  const dialog = page.getByRole('dialog', { name: 'Licences' });
  const parts = dialog.locator('summary');
  await parts.first().waitFor();
  const told = await parts.allTextContents();
  const lock = JSON.parse(await readFile(path.join(root, 'resources/cloudflared.lock.json'), 'utf8'));
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  expect(told.slice(0, 2)).toEqual([
    `k8s-tunnels ${version}Apache-2.0`,
    `cloudflared ${lock.version}Apache-2.0`,
  ]);
  expect(told).toContainEqual(expect.stringMatching(/^react \d.*MIT$/));

  await dialog.getByText(`cloudflared ${lock.version}`).click();
  await dialog.getByText('by Cloudflare, Inc.').waitFor();
  await dialog.getByText('TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION').waitFor();
  expect(await dialog.locator('pre').count()).toBe(1);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'General' }).waitFor();
});

test('where they cannot be read, it says where they are', async (context) => {
  const { page } = await shown.open(context, { clusters: [aCluster('orders')] });
  await page.route('**/licences.json', (route) => route.fulfill({ body: 'cut off' }));
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Licences' }).click();
  await page.getByRole('alert').filter({ hasText: 'the folder licences of the app' }).waitFor();
});
