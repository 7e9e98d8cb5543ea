import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandFor, operand, shellOf, shells, shellWord } from '../../main/model/shell-word.ts';

const isHidden = (text: string) => /[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(text);
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
        '%PATH%',
        '^',
        '\u2019',
        '\u201c',
        '<x>',
      ),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((parts) => parts.join(''))
  .filter((text) => !isHidden(text));

const installed = ['/bin/sh', '/bin/bash', '/bin/dash', '/bin/zsh'].filter((file) => existsSync(file));

test.each(installed)('%s reads back the same words, whatever is in them', (program) => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 50, maxLength: 100 }), (words) => {
      const script = `printf '%s\\0' ${words.map((word) => shellWord(word, 'posix')).join(' ')}`;
      const read = execFileSync(program, ['-c', script], { encoding: 'utf8', cwd: '/' });
      expect(read.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 15 },
  );
});

test.each(['a\u0003rm', 'line\nbreak', 'right \u202e to left', 'esc \u001b[A', 'joined\u200b', '\ufffd'])(
  'what a terminal would act on as it is pasted is refused: %j',
  (text) => {
    for (const shell of shells)
      expect(() => shellWord(text, shell)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  },
);

test('plain words stay as they are, and an operand is no option', () => {
  for (const shell of shells) {
    const arn = 'arn:aws:eks:eu-west-1:1:cluster/a_b.c';
    expect(shellWord(arn, shell)).toBe(arn);
    expect(() => operand('-address=https://evil.example.com', shell)).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  }
  expect(shellWord('', 'posix')).toBe("''");
  expect(shellWord('=ls', 'posix')).toBe("'=ls'");
});

describe('on Windows', () => {
  test.each([
    ['a b', '"a b"', `'a b'`, '"a b"'],
    ["it's", `"it's"`, `'it''s'`, `"it's"`],
    [
      '\u2019; calc; \u2018',
      '"\u2019; calc; \u2018"',
      `'\u2019\u2019; calc; \u2018\u2018'`,
      '"\u2019; calc; \u2018"',
    ],
    // PowerShell splats it.
    ['@ops', '"@ops"', "'@ops'", '"@ops"'],
    // PowerShell ends a parameter's name at the dot.
    ['-a.b', '"-a.b"', "'-a.b'", '"-a.b"'],
    ['--update-labels=a.b', ...Array(3).fill('--update-labels=a.b')],
    // Variables and commands within double quotes are PowerShell's, expansion of %VAR% is cmd.exe's.
    ['$(calc)', undefined, "'$(calc)'", '"$(calc)"'],
    ['`u', undefined, "'`u'", '"`u"'],
    ['%PATH%', undefined, undefined, undefined],
    ['a!b', undefined, undefined, undefined],
    // A batch file behind PowerShell (az, gcloud) would have cmd.exe read it again.
    ['a&calc', undefined, undefined, '"a&calc"'],
    ['a>b', undefined, undefined, '"a>b"'],
    ['say "x"', undefined, undefined, undefined],
    // Typographic quotes are PowerShell's too.
    ['\u201c; calc', undefined, `'\u201c; calc'`, '"\u201c; calc"'],
    // A last backslash would take the closing quote with it.
    ['C:\\a b\\', undefined, undefined, '"C:\\a b\\\\"'],
    ['<HOSTNAME>', '"<HOSTNAME>"', "'<HOSTNAME>'", '"<HOSTNAME>"'],
  ])('%j is %j, in PowerShell %j, in cmd.exe %j', (text, ...wanted) => {
    const written = (['windows', 'powershell', 'cmd'] as const).map((shell) => {
      try {
        return shellWord(text, shell);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-input', hint: expect.stringContaining('--shell posix') });
        return undefined;
      }
    });
    expect(written).toEqual(wanted);
  });

  test('a word is plain or stands in quotes that nothing in it ends, in every shell', () => {
    const forms = {
      windows: /^"[^"$`%!&|<>^\u201c-\u201e]*"$/,
      powershell: /^'(?:[^'\u2018-\u201b"&|<>^%!]|''|[\u2018-\u201b]{2})*'$/,
      cmd: /^"[^"%!]*"$/,
    };
    fc.assert(
      fc.property(hostile, fc.constantFrom('windows', 'powershell', 'cmd'), (text, shell) => {
        let word: string;
        try {
          word = shellWord(text, shell);
        } catch {
          return;
        }
        if (/^[\w.:/@=+-]+$/.test(word)) expect(word).toBe(text);
        else expect(word.replace(/<[A-Z_]+>/g, '')).toMatch(forms[shell]);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('the template tag quotes what is put into a command, and leaves out what cannot be written', () => {
  const posix = commandFor(shellOf('linux'));
  const windows = commandFor(shellOf('win32'));
  expect(posix`k8s-tunnels connect ${"x'; touch P; echo '"}`).toBe(
    String.raw`k8s-tunnels connect 'x'\''; touch P; echo '\'''`,
  );
  expect(posix`kubectl --context ${'prod'} get ${'a b'} -n ${'c'}`).toBe(
    "kubectl --context prod get 'a b' -n c",
  );
  expect(posix`aws login --profile ${'--endpoint-url=x'}`).toBe('aws login --profile …');
  expect(posix`aws login --profile ${'a\u001b[A'}`).toBe('aws login --profile …');
  expect(windows`aws login --profile ${'a & calc'}`).toBe('aws login --profile …');
});
