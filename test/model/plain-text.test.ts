import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError, toPlainError } from '../../main/model/app-error.ts';
import { escapeUnseen, hasUnseen, plainLines, plainText } from '../../main/model/plain-text.ts';

const anything = fc.string({ unit: 'binary' });
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test.each([
  ['depot\u001b[2J-berlin', 'depot-berlin'],
  ['\u202eprod', 'prod'],
  ['a\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007', 'alink'],
  ['a\u009b31mb', 'ab'],
  ['a\u001b]0;never ended', 'a ]0;never ended'],
  ['two\r\nlines\u2028three', 'two lines three'],
  ['a\u200bb\u2066c\u00add', 'abcd'],
  ['a\u{e0041}b', 'ab'],
  // Letters that draw nothing.
  ['prod\u3164', 'prod'],
  ['half \ud800.', 'half \ufffd.'],
  ['⚠️ 葛\u{e0100} prod', '⚠️ 葛\u{e0100} prod'],
  ['  as it is  ', '  as it is  '],
])('%j is shown as %j', (text, wanted) => {
  expect(plainText(text)).toBe(wanted);
});

test('nothing that cannot be seen is left of any text, and twice is as once', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const plain = plainText(text);
      expect(plain).not.toMatch(unseen);
      expect(hasUnseen(plain)).toBe(false);
      expect(plainText(plain)).toBe(plain);
      expect(plainLines(text).replaceAll('\n', '')).not.toMatch(unseen);
    }),
    { numRuns: 2_000 },
  );
});

test('JSON with everything escaped says the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = escapeUnseen(JSON.stringify(value, null, 2));
      expect(text.replaceAll('\n', '')).not.toMatch(unseen);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('a terminal keeps our colours and nothing else', () => {
  expect(escapeUnseen('\u001b[1;31mred\u001b[0m\u001b[2J\n\u202e', { colours: true })).toBe(
    '\u001b[1;31mred\u001b[0m\\u001b[2J\n\\u202e',
  );
  expect(escapeUnseen('\u001b[31m')).toBe('\\u001b[31m');
});

describe('an error', () => {
  test('repeats what a server said without control characters', () => {
    const error = new AppError('bad-input', 'It says: \u001b[2Jno\u202e.', { hint: 'Ask\u0007 them.' });
    expect(toPlainError(error)).toMatchObject({ message: 'It says: no.', hint: 'Ask them.' });
    expect(toPlainError(new Error('a\u009b2Jb')).message).toBe('ab');
  });

  test('holds no secret that such characters cut in two', () => {
    const token = `eyJ\u200b${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`;
    expect(new AppError('bad-input', `It says ${token}`).message).toBe('It says [redacted]');
  });
});
