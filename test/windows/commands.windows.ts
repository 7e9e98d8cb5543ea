import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Shell, shellWord } from '../../main/model/shell-word.ts';
import { settings } from './user.ts';

/** What a cloud may call a cluster, and paths of users. */
const words = [
  ...[
    'plain',
    'two words',
    "it's",
    'a,b',
    '@list',
    '-x.y',
    '--flag=value',
    'C:\\Users\\Ada Łovelace\\.kube\\config',
  ],
  ...[
    'a;b',
    'a|b',
    'a&b',
    'a^b',
    'a>b',
    '(a)',
    '{a}',
    '#a',
    '~',
    '*',
    '$HOME',
    '`id`',
    'ends with \\',
    '',
    'ü',
    '%PATH%',
    '!x!',
  ],
];

/** Those that the shell can be given, with how they are written. */
function written(shell: Shell): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const word of words) {
    try {
      found.set(word, shellWord(word, shell));
    } catch {
      // It is refused, and never printed.
    }
  }
  return found;
}

describe('a printed command', { skip: process.platform !== 'win32' && 'the shells of Windows' }, () => {
  let folder: string;
  let program: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'commands '));
    program = path.join(folder, 'words.cjs');
    writeFileSync(program, 'process.stdout.write(JSON.stringify(process.argv.slice(2)));');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const shell of ['windows', 'cmd'] as const)
    test(`reaches a program word for word through cmd.exe (quoted for ${shell})`, () => {
      const line = written(shell);
      assert.ok(line.size > 8);
      const command = [settings.node, program]
        .map((word) => `"${word}"`)
        .concat(...line.values())
        .join(' ');
      const options = { encoding: 'utf8', windowsVerbatimArguments: true } as const;
      const read = execFileSync('cmd.exe', ['/d', '/s', '/c', `"${command}"`], options);
      assert.deepEqual(JSON.parse(read), [...line.keys()]);
    });

  for (const shell of ['windows', 'powershell'] as const)
    test(`reaches a program word for word through PowerShell (quoted for ${shell})`, (context) => {
      const run = (script: string) =>
        execFileSync('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script], {
          encoding: 'utf8',
          input: '',
        });
      // Wine's powershell.exe runs nothing and succeeds.
      if (run("'there'").trim() !== 'there') return context.skip('there is no PowerShell');
      const line = written(shell);
      const read = run(`& '${settings.node}' '${program}' ${[...line.values()].join(' ')}`);
      assert.deepEqual(JSON.parse(read), [...line.keys()]);
    });
});
