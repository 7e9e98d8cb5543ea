import { describe, expect, test } from 'vitest';
import { compareVersions, isVersion } from '../../main/model/semver.ts';

/** In the order of Semantic Versioning 2.0.0, §11. */
const ordered = [
  '0.9.10',
  '1.0.0-0',
  '1.0.0-2',
  '1.0.0-10',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.1',
  '1.9.0',
  '1.10.0',
  '2.0.0',
];

describe('versions', () => {
  test('are in order', () => {
    for (const [index, a] of ordered.entries())
      for (const [other, b] of ordered.entries())
        expect([a, b, Math.sign(compareVersions(a, b))]).toEqual([a, b, Math.sign(index - other)]);
  });

  test('are the same whatever the build', () => {
    expect(compareVersions('1.0.0+1', '1.0.0+b.2')).toBe(0);
  });

  test.each(['1.0.0', '1.0.0-x.7.z.92', '1.0.0-0a', '1.0.0+001', '10.20.30-rc.1+b'])('%s is one', (text) =>
    expect(isVersion(text)).toBe(true),
  );

  test.each([
    '',
    '1',
    '1.0',
    '1.0.0.0',
    'v1.0.0',
    '01.0.0',
    '1.0.0-01',
    '1.0.0-',
    '1.0.0-a..b',
    '1.0.0+',
    ' 1.0.0',
    '1.0.0\n',
    '1.0.9999999999',
    `1.0.0-${'a'.repeat(64)}`,
  ])('%j is none', (text) => expect(isVersion(text)).toBe(false));
});
