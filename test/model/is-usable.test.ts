import { expect, test } from 'vitest';
import { isUsable } from '../../main/model/is-usable.ts';
import { tunnelStateSchema } from '../../main/model/tunnel-state.ts';

test('a tunnel that was up and comes back without anybody is usable, any other is not', () => {
  const statuses = tunnelStateSchema.options.map(({ shape }) => shape.status.value);
  expect(statuses.filter((status) => isUsable({ status }))).toEqual([
    'connected',
    'degraded',
    'reconnecting',
  ]);
  expect(isUsable(undefined)).toBe(false);
});
