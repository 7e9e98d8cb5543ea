import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ShellKind } from '../../../main/cli/shells/shell-kind.ts';
import { type Segment, shellStart } from '../../../main/cli/shells/start-files.ts';

/** The start files in real shells, with files of the user that set a prompt and a KUBECONFIG of their own. */

let home: string;
let folder: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'start-'));
  folder = path.join(home, "a folder's");
  await mkdir(folder);
});
afterEach(() => rm(home, { recursive: true }));

const production: Segment = { context: 'ledger-prod', namespace: 'web', production: true };

async function start(shell: ShellKind, segment: Segment, input: string) {
  const how = shellStart({
    shell,
    folder,
    variables: { KUBECONFIG: path.join(folder, 'config'), K8S_TUNNELS_CONTEXT: segment.context },
    segment,
    env: {},
  });
  for (const [name, text] of Object.entries(how.files)) await writeFile(path.join(folder, name), text);
  const env = { HOME: home, PATH: '/usr/bin:/bin', TERM: 'xterm', LANG: 'C.UTF-8' };
  // fish reads no commands from a socket, which a child's stdin is here.
  const args = shell === 'fish' ? [...how.args, '-c', input] : how.args;
  return execa(shell, args, {
    env: {
      ...env,
      ...Object.fromEntries(Object.entries(how.env).filter(([, value]) => value !== undefined)),
    },
    extendEnv: false,
    input,
    reject: false,
    all: true,
  });
}
const has = async (program: string) =>
  (await execa(program, ['--version'], { reject: false, stdin: 'ignore' })).exitCode === 0;

it('bash: after the user’s bashrc, in front of a prompt that is made each time, with the last exit code kept', async (context) => {
  context.skip(!(await has('bash')), 'bash is not installed');
  await writeFile(
    path.join(home, '.bashrc'),
    'export KUBECONFIG=/mine MINE=yes\nPROMPT_COMMAND=\'PS1="[code $?] mine> "\'\n',
  );
  const { all } = await start('bash', production, 'false\necho "<$KUBECONFIG|$MINE>"\nexit\n');
  expect(all).toContain(`<${path.join(folder, 'config')}|yes>`);
  expect(all).toContain('(ledger-prod:web production)');
  expect(all).toContain('\u001b[1;31m(ledger-prod:web production)\u001b[0m [code 1] mine> ');
});

it('bash: also where PROMPT_COMMAND is a list', async (context) => {
  context.skip(!(await has('bash')), 'bash is not installed');
  await writeFile(path.join(home, '.bashrc'), 'one() { PS1="mine> "; }\nPROMPT_COMMAND=(true one)\n');
  const { all } = await start('bash', { ...production, production: false }, 'exit\n');
  expect(all).toContain('\u001b[36m(ledger-prod:web)\u001b[0m mine> ');
});

it('zsh: after the user’s files, wherever ZDOTDIR is, and the history stays theirs', async (context) => {
  context.skip(!(await has('zsh')), 'zsh is not installed');
  const own = path.join(home, 'zsh');
  await mkdir(own);
  await writeFile(path.join(home, '.zshenv'), `export ZDOTDIR='${own}' FROM_ENV=yes\n`);
  await writeFile(
    path.join(own, '.zshrc'),
    "export KUBECONFIG=/mine\nPROMPT='mine> '\nHISTFILE=$ZDOTDIR/.zsh_history\n",
  );
  const { all } = await start(
    'zsh',
    production,
    'echo "<$KUBECONFIG|$FROM_ENV|$ZDOTDIR|$HISTFILE>"\nprint -P -- "prompt: $PROMPT"\nexit\n',
  );
  expect(all).toContain(`<${path.join(folder, 'config')}|yes|${own}|${own}/.zsh_history>`);
  expect(all).toContain('(ledger-prod:web production)');
});

it('fish: in front of the user’s prompt', async (context) => {
  context.skip(!(await has('fish')), 'fish is not installed');
  const config = path.join(home, '.config/fish');
  await mkdir(config, { recursive: true });
  await writeFile(
    path.join(config, 'config.fish'),
    'set -gx KUBECONFIG /mine\nfunction fish_prompt; echo -n "[$status] mine> "; end\n',
  );
  const { all } = await start('fish', production, 'false\necho "<$KUBECONFIG>"; fish_prompt\nexit\n');
  expect(all).toContain(`<${path.join(folder, 'config')}>`);
  expect(all).toMatch(/\(ledger-prod:web production\) .*\[\d+\] mine> /);
});
