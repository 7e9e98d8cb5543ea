import { describe, expect, it } from 'vitest';
import { matchesWildcard } from '../../../main/agent/organisation/wildcard.ts';

describe('a wildcard', () => {
  it.each([
    ['shop-prod', 'shop-prod', true],
    ['shop-prod', 'shop-prod-2', false],
    ['shop-*', 'shop-', true],
    ['*', '', true],
    ['*-prod', 'shop-prod', true],
    ['*-prod', 'shop-prod-2', false],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['*aa*a*', 'aaa', true],
    ['*aa*a*', 'aa', false],
    ['example.com:*', 'exampleXcom:shop', false],
    [`${'a*'.repeat(5_000)}b`, 'a'.repeat(50_000), false],
  ])('%s of %s', (pattern, text, isMatch) => {
    expect(matchesWildcard(pattern, text)).toBe(isMatch);
  });
});
