import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseInput } from '../../main/api/dispatch.ts';
import { issueText } from '../../main/model/schema-words.ts';

const schema = z.strictObject({
  text: z.string().min(1).max(3).optional(),
  number: z.int().min(1).max(5).optional(),
  list: z.array(z.string()).max(1).optional(),
  choice: z.enum(['a', 'b']).optional(),
  flag: z.boolean().optional(),
  own: z.string().regex(/^x$/, 'must be x').optional(),
  pair: z
    .object({})
    .refine(() => false, 'needs a and b together')
    .optional(),
});

test.each([
  [{ text: 1 }, 'must be text'],
  [{ text: '' }, 'must not be empty'],
  [{ text: 'abcd' }, 'must have at most 3 characters'],
  [{ number: 0 }, 'must be at least 1'],
  [{ number: 9 }, 'must be at most 5'],
  [{ number: 1.5 }, 'must be a whole number'],
  [{ list: ['a', 'b'] }, 'must have at most 1 items'],
  [{ list: 'a' }, 'must be a list'],
  [{ choice: 'c' }, 'must be one of a and b'],
  [{ flag: 'yes' }, 'must be true or false'],
  [{ own: 'y' }, 'must be x'],
  [{ pair: {} }, 'needs a and b together'],
  [{ unknown: 1 }, 'has unknown fields: unknown'],
])('%j: %s', (value, text) => {
  expect(issueText(schema.safeParse(value).error?.issues[0])).toBe(text);
});

test('an operation names the field in our words', () => {
  expect(() => parseInput('switch', { cluster: 'a', minutes: 9_999 })).toThrow(
    'switch: minutes must be at most 1440.',
  );
  expect(() =>
    parseInput('isolate', { clusters: ['a'], kind: 'shell', pid: 1, namespace: 'Not One' }),
  ).toThrow('isolate: namespace must be the name of a namespace.');
});
