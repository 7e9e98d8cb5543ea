import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { operand, shellWord } from '../../../main/agent/catalog/shell-word.ts';

const isHidden = (text: string) => /[\p{C}\p{Zl}\p{Zp}]/u.test(text);
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '\\',
        '$(touch x)',
        '`id`',
        '; rm -rf ~',
        "\\'",
        '!',
        '*',
        '~',
        '=',
        '#',
        '&&',
        ' ',
        '{a,b}',
      ),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((parts) => parts.join(''))
  .filter((text) => !isHidden(text));

test('a shell reads back the same words, whatever is in them', () => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 50, maxLength: 100 }), (words) => {
      const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
      const read = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', cwd: '/' });
      expect(read.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});

test.each(['a\u0003rm', 'line\nbreak', 'right \u202e to left', 'esc \u001b[A', 'joined\u200b'])(
  'what a terminal would act on as it is pasted is refused: %j',
  (text) => {
    expect(() => shellWord(text)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  },
);

test('plain words stay as they are, and an operand is no option', () => {
  expect(shellWord('arn:aws:eks:eu-west-1:1:cluster/a_b.c')).toBe('arn:aws:eks:eu-west-1:1:cluster/a_b.c');
  expect(shellWord('')).toBe("''");
  expect(shellWord('=ls')).toBe("'=ls'");
  expect(() => operand('-address=https://evil.example.com')).toThrow(
    expect.objectContaining({ code: 'bad-input' }),
  );
});
