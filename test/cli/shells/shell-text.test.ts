import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { shellKindNamed, shellKindOf } from '../../../main/cli/shells/shell-kind.ts';
import { literal, settingText } from '../../../main/cli/shells/shell-text.ts';

const has = async (program: string) =>
  (await execa(program, ['--version'], { reject: false, stdin: 'ignore' })).exitCode === 0;
const odd = [
  "it's",
  '$(touch pwned)',
  '`id`',
  'a\\b\\',
  '"q"',
  'ünï çødé',
  '; exit 3',
  '%F{red}',
  "'\\''",
  '$HOME',
];

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  it('takes every text as it is', async (context) => {
    context.skip(!(await has(shell)), `${shell} is not installed`);
    for (const text of odd) {
      const script = `${settingText({ ODD: text, GONE: undefined }, shell)}\nprintenv ODD; printenv GONE; true`;
      const { stdout } = await execa(shell, ['-c', script], { env: { GONE: 'was here' } });
      expect(stdout).toBe(text);
    }
  });
});

it('PowerShell doubles quotes, also typographic ones, and expands nothing in them', () => {
  expect(literal("it's $x \u2019", 'powershell')).toBe("'it''s $x \u2019\u2019'");
  expect(settingText({ A: 'b', C: undefined }, 'powershell')).toBe(
    "$env:A = 'b'\nRemove-Item -ErrorAction SilentlyContinue Env:C",
  );
});

it('nushell gets a record for load-env', () => {
  expect(JSON.parse(settingText({ A: 'it\'s "b"', C: undefined }, 'nushell'))).toEqual({
    A: 'it\'s "b"',
    C: null,
  });
});

it('nushell takes every text as it is, and removes what is to be removed', async (context) => {
  context.skip(!(await has('nu')), 'nu is not installed');
  for (const text of odd) {
    const { stdout } = await execa(
      'nu',
      [
        ...['--no-config-file', '--stdin', '--commands'],
        '$in | from json | load-env; ^printenv ODD; ^printenv GONE | complete | get stdout',
      ],
      { env: { GONE: 'was here' }, input: settingText({ ODD: text, GONE: undefined }, 'nushell') },
    );
    expect(stdout.trimEnd()).toBe(text);
  }
});

it('control characters are refused', () => {
  for (const shell of ['bash', 'fish', 'powershell', 'nushell'] as const)
    expect(() => literal('a\u001b[2Jb', shell)).toThrow(expect.objectContaining({ code: 'bad-input' }));
});

it('knows a shell by its program, and says which there are', () => {
  expect(['/bin/bash', '-zsh', 'C:\\Windows\\pwsh.exe', '/usr/bin/nu', 'dash', ''].map(shellKindOf)).toEqual([
    'bash',
    'zsh',
    'powershell',
    'nushell',
    'posix',
    'posix',
  ]);
  expect(shellKindNamed('pwsh')).toBe('powershell');
  expect(() => shellKindNamed('tcsh')).toThrow(
    expect.objectContaining({ code: 'bad-input', hint: expect.stringContaining('zsh') }),
  );
});
