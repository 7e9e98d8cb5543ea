import { expect, test } from 'vitest';
import { portalIn, portalText, startUrlIn } from '../../main/model/aws-portals.ts';
import { defaultSettings, settingsSchema } from '../../main/model/settings.ts';

const startUrl = 'https://acme.awsapps.com/start';

test.each([
  startUrl,
  'acme.awsapps.com/start',
  ' https://acme.awsapps.com/start/ ',
  'https://acme.awsapps.com/start/#/',
  'https://acme.awsapps.com/start/?tab=accounts',
])('%j is the start URL of the portal', (text) => {
  expect(startUrlIn(text)).toBe(startUrl);
});

test.each([
  '',
  'acme',
  'http://acme.awsapps.com/start',
  'https://ada:geheim@acme.awsapps.com/start',
  'ftp://a.b',
])('%j is none', (text) => {
  expect(startUrlIn(text)).toBeUndefined();
});

test('a setting holds one with its region, and nothing else', () => {
  const text = portalText({ startUrl, region: 'eu-west-1' });
  expect(portalIn(text)).toEqual({ startUrl, region: 'eu-west-1' });
  const fits = (awsPortals: string[]) => settingsSchema.safeParse({ ...defaultSettings, awsPortals }).success;
  expect(fits([text])).toBe(true);
  for (const wrong of [
    startUrl,
    `dublin=${startUrl}`,
    'eu-west-1=http://acme.awsapps.com/start',
    'eu-west-1=',
  ])
    expect(fits([wrong])).toBe(false);
});
