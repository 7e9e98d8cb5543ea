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
  await eventually(() => originOf('On connect').textContent()).toBe('organisation');
  expect(await originOf('On connect').getAttribute('title')).toBe('Acme manages this setting.');
  expect(await originOf('On connect').locator('svg').count()).toBe(1);
  for (const label of ['On connect', 'AWS regions'])
    expect(await page.getByLabel(label, { exact: true }).isDisabled()).toBe(true);
  expect(await originOf('Read again after').textContent()).toBe('you');
  expect(await originOf('Order of favourites').textContent()).toBe('default');
  expect(await originOf('Order of favourites').locator('svg').count()).toBe(0);
  for (const label of ['Read again after', 'Order of favourites'])
    expect(await page.getByLabel(label, { exact: true }).isDisabled()).toBe(false);

  // What the person chose can be given back, and nothing else.
  expect(await page.getByRole('button', { name: /^Reset / }).count()).toBe(1);
  await page.getByRole('button', { name: 'Reset Read again after' }).click();
  await eventually(() => originOf('Read again after').textContent()).toBe('default');
  expect(await page.getByLabel('Read again after', { exact: true }).inputValue()).toBe('60');
  expect(agent.snapshot().settings.catalogMaxAgeMinutes).toBe(60);

  agent.tell({ kind: 'set', values: { organisation: null } });
  agent.tell({ kind: 'set', values: { settings: defaultSettings, settingsFrom: defaultSettingsFrom } });
  await eventually(() => originOf('On connect').textContent()).toBe('default');
  expect(await page.getByLabel('On connect').isDisabled()).toBe(false);
});
