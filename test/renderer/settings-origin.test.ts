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

test('a setting is marked where it is not the default, and what the organisation manages cannot be changed', async (context) => {
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
  await page.getByText('Advanced', { exact: true }).click();
  await eventually(() => originOf('Switch the current context on connect').textContent()).toBe(
    'organisation',
  );
  expect(await originOf('Switch the current context on connect').getAttribute('title')).toBe(
    'Managed by Acme',
  );
  expect(await originOf('Switch the current context on connect').locator('svg').count()).toBe(1);
  for (const label of ['Switch the current context on connect', 'AWS regions'])
    expect(await page.getByLabel(label, { exact: true }).isDisabled()).toBe(true);
  expect(await originOf('Refresh interval').textContent()).toBe('changed');
  expect(await originOf('Order of favourites').count()).toBe(0);
  for (const label of ['Refresh interval', 'Order of favourites'])
    expect(await page.getByLabel(label, { exact: true }).isDisabled()).toBe(false);

  // What the person chose can be given back, and nothing else.
  expect(await page.getByRole('button', { name: /^Reset / }).count()).toBe(1);
  await page.getByRole('button', { name: 'Reset Refresh interval' }).click();
  await eventually(() => originOf('Refresh interval').count()).toBe(0);
  expect(await page.getByLabel('Refresh interval', { exact: true }).inputValue()).toBe('60');
  expect(agent.snapshot().settings.catalogMaxAgeMinutes).toBe(60);

  agent.tell({ kind: 'set', values: { organisation: null } });
  agent.tell({ kind: 'set', values: { settings: defaultSettings, settingsFrom: defaultSettingsFrom } });
  await eventually(() => originOf('Switch the current context on connect').count()).toBe(0);
  expect(await page.getByLabel('Switch the current context on connect').isDisabled()).toBe(false);
});

test('rare settings are under Advanced, which says how many of them were changed', async (context) => {
  const { agent, page } = await shown.open(context, {
    clusters: [aCluster('orders')],
    settings: { ...defaultSettings, awsRegions: ['eu-west-1'], entryForm: 'tls' },
    settingsFrom: { ...defaultSettingsFrom, awsRegions: 'user', entryForm: 'user' },
  });
  await page.getByRole('button', { name: 'Settings' }).click();
  const regions = page.getByLabel('AWS regions', { exact: true });
  const advanced = page.locator('summary');
  await eventually(() => advanced.innerText()).toMatch(/^Advanced\s+2 changed$/);
  expect(await regions.isVisible()).toBe(false);
  await advanced.focus();
  await page.keyboard.press('Enter');
  await eventually(() => regions.isVisible()).toBe(true);

  // The button goes away, and the focus stays at the setting.
  await page.getByRole('button', { name: 'Reset AWS regions' }).focus();
  await page.keyboard.press('Enter');
  await eventually(async () => agent.snapshot().settings.awsRegions).toEqual([]);
  await eventually(() => regions.evaluate((field) => field === document.activeElement)).toBe(true);
  await eventually(() => advanced.innerText()).toMatch(/^Advanced\s+1 changed$/);
});

test('the theme is a setting, which the window has from its first frame', async (context) => {
  const { agent, page } = await shown.open(context, { clusters: [aCluster('orders')] });
  await page.emulateMedia({ colorScheme: 'light' });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [light, dark] = ['rgb(255, 255, 255)', 'rgb(20, 23, 28)'];
  await page.getByRole('button', { name: 'Settings' }).click();
  const theme = page.getByLabel('Theme', { exact: true });
  expect(await background()).toBe(light);
  await theme.selectOption('Dark');
  await eventually(background).toBe(dark);
  expect(agent.snapshot().settings.theme).toBe('dark');

  // The agent does not answer: what is shown meanwhile is dark too.
  agent.stop();
  await page.reload();
  await page.getByText('The agent is not running').waitFor();
  expect(await background()).toBe(dark);
  agent.start();
  agent.show({ ...agent.snapshot(), settings: { ...defaultSettings, theme: 'light' } });
  await page.reload();
  await page.emulateMedia({ colorScheme: 'dark' });
  await eventually(background).toBe(light);
  agent.tell({
    kind: 'set',
    values: { settings: { ...defaultSettings, theme: 'system' }, settingsFrom: defaultSettingsFrom },
  });
  await eventually(background).toBe(dark);
});
