import { expect, test } from 'vitest';
import { defaultSettings, defaultSettingsFrom } from '../../main/model/settings.ts';
import { aCluster } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const acme = {
  name: 'Acme',
  origin: 'managed',
  place: '/etc/k8s-tunnels/organisation.yaml',
  signed: false,
  readAt: 1,
  links: {},
  locked: ['kubeconfigMode', 'awsRegions'],
  production: { guard: true, environments: ['production'] },
} satisfies NonNullable<Parameters<typeof shown.open>[1]>['organisation'];

test('a setting says who decided it, and what the organisation manages cannot be changed', async (context) => {
  const { agent, page } = await shown.open(context, {
    clusters: [aCluster('orders')],
    settings: { ...defaultSettings, kubeconfigMode: 'add', catalogMaxAgeMinutes: 5 },
    settingsFrom: {
      ...defaultSettingsFrom,
      kubeconfigMode: 'organisation',
      awsRegions: 'organisation',
      catalogMaxAgeMinutes: 'user',
    },
    organisation: acme,
  });
  await page.getByRole('button', { name: 'Settings' }).click();
  const setting = (label: string) =>
    page.locator('.setting').filter({ has: page.getByLabel(label, { exact: true }) });
  const originOf = (label: string) => setting(label).locator('.setting-origin');
  await eventually(() => originOf('Switch the current context on connect').textContent()).toBe(
    'organisation',
  );
  expect(await originOf('Switch the current context on connect').getAttribute('title')).toBe(
    'Managed by Acme',
  );
  expect(await originOf('Switch the current context on connect').locator('svg').count()).toBe(1);
  for (const label of ['Switch the current context on connect', 'AWS regions'])
    expect(await page.getByLabel(label, { exact: true }).isDisabled()).toBe(true);
  expect(await originOf('Refresh interval').textContent()).toBe('you');
  expect(await originOf('Order of favourites').textContent()).toBe('default');
  expect(await originOf('Order of favourites').locator('svg').count()).toBe(0);
  for (const label of ['Refresh interval', 'Order of favourites'])
    expect(await page.getByLabel(label, { exact: true }).isDisabled()).toBe(false);

  // What the person chose can be given back, and nothing else.
  expect(await page.getByRole('button', { name: /^Reset / }).count()).toBe(1);
  await page.getByRole('button', { name: 'Reset Refresh interval' }).click();
  await eventually(() => originOf('Refresh interval').textContent()).toBe('default');
  expect(await page.getByLabel('Refresh interval', { exact: true }).inputValue()).toBe('60');
  expect(agent.snapshot().settings.catalogMaxAgeMinutes).toBe(60);

  agent.tell({ kind: 'set', values: { organisation: null } });
  agent.tell({ kind: 'set', values: { settings: defaultSettings, settingsFrom: defaultSettingsFrom } });
  await eventually(() => originOf('Switch the current context on connect').textContent()).toBe('default');
  expect(await page.getByLabel('Switch the current context on connect').isDisabled()).toBe(false);
});
