import { expect, test } from 'vitest';
import { parseOrganisation } from '../../../main/agent/organisation/parse.ts';
import { feedOf } from '../../../main/agent/releases/feed.ts';

const key = `${'A'.repeat(43)}=`;
const nextKey = `${'B'.repeat(43)}=`;
const builtIn = { url: 'https://releases.example', keys: ['one', 'two'] };
const organisation = (releases: string) =>
  parseOrganisation(`version: 1\nname: Acme\nreleases: ${releases}\n`, 'acme.yaml');

test('nobody is asked by this build where the organisation names no feed', () => {
  expect(feedOf(undefined)).toBeUndefined();
  expect(feedOf(organisation('{channel: beta}'))).toBeUndefined();
});

test("the organisation's feed counts instead of the built-in one, with its key alone", () => {
  expect(feedOf(undefined, builtIn)).toEqual({ ...builtIn, channel: 'stable' });
  expect(feedOf(organisation('{channel: beta}'), builtIn)).toEqual({ ...builtIn, channel: 'beta' });
  expect(
    feedOf(organisation(`{url: "https://acme.example", publicKey: "${key}", channel: beta}`), builtIn),
  ).toEqual({ url: 'https://acme.example', keys: [key], channel: 'beta' });
});

test('two keys count while one is rotated', () => {
  const feed = `{url: "https://acme.example", publicKeys: ["${key}", "${nextKey}"]}`;
  expect(feedOf(organisation(feed), builtIn)).toMatchObject({ keys: [key, nextKey] });
});
