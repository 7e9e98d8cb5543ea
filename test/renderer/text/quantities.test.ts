import { expect, test } from 'vitest';
import { secondsLeft } from '../../../renderer/text/quantities.ts';

test('seconds that are waited for are rounded up', () => {
  expect([secondsLeft(1), secondsLeft(1_000), secondsLeft(12_001)]).toEqual(['1s', '1s', '13s']);
});
