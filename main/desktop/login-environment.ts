import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Environment, Logger } from '../agent/parts.ts';
import { command } from '../model/command.ts';

/** As long as VS Code waits for it: a profile that starts nvm, pyenv and conda takes seconds. */
const defaultLimitMs = 10_000;

/** Ways to ask a shell, the most complete first: not every shell has `-l`, and start-up files may end a login shell. */
const flags = [['-i', '-l'], ['-i'], ['-l']] as const;

/**
 * Resolves with the environment for the agent, and with a warning for the user where it is incomplete. An app that was
 * started from a dock lacks what the user's shell sets (PATH, KUBECONFIG, AWS_PROFILE, HTTPS_PROXY), so this asks the
 * login shell, for at most 10 s: the window is open meanwhile, and its calls wait. Without an answer it resolves with
 * `env` unchanged. In a terminal, and on Windows, the process already has the complete environment.
 */
export async function loginEnvironment(
  env: Environment,
  options: { readonly logger: Logger; readonly limitMs?: number },
): Promise<{ readonly env: Environment; readonly warning?: string }> {
  if (process.platform === 'win32' || env.TERM !== undefined) return { env };
  const { logger, limitMs = defaultLimitMs } = options;
  // A dock may pass an empty SHELL.
  const shell = [env.SHELL, userInfo().shell].find((one) => one != null && one !== '') ?? '/bin/sh';
  const deadline = Date.now() + limitMs;
  const failures: string[] = [];
  for (const with_ of flags) {
    const asked = await askShell({ shell, flags: with_, env, limitMs: Math.max(0, deadline - Date.now()) });
    if (asked.kind === 'answered') {
      const complete = { ...env, ...asked.env };
      if (failures.length === 0) return { env: complete };
      return warned(
        complete,
        `${failures.join('; ')}. What it sets as \`${shell} ${with_.join(' ')}\` counts`,
      );
    }
    failures.push(`\`${shell} ${with_.join(' ')}\` ${reasonOf(asked, limitMs)}`);
    if (asked.kind !== 'ended') break;
  }
  return warned(env, `${failures.join('; ')}. PATH, KUBECONFIG, HTTPS_PROXY and the like may be missing`);

  function warned(found: Environment, why: string) {
    logger.warn("The login shell's environment is incomplete", { shell, why });
    const cure = `Correct the start-up files of ${shell}, or name a file of NAME=VALUE lines: \`${command`k8s-tunnels settings environmentFile FILE`}\`. Then start the app again.`;
    return { env: found, warning: `Your login shell did not give its environment: ${why}. ${cure}` };
  }
}

const longestAnswer = 4 << 20;

type Asked =
  | { readonly kind: 'answered'; readonly env: Environment }
  /** It ended without an answer. `code` is null if a signal ended it. */
  | { readonly kind: 'ended'; readonly code: number | null }
  | { readonly kind: 'not-started' | 'too-long' | 'too-much' };

function reasonOf(asked: Exclude<Asked, { kind: 'answered' }>, limitMs: number): string {
  switch (asked.kind) {
    case 'ended':
      return `ended in its start-up files (exit code ${asked.code ?? 'none'})`;
    case 'not-started':
      return 'could not be started';
    case 'too-long':
      return `did not finish its start-up files within ${limitMs / 1_000} s`;
    case 'too-much':
      return 'printed more than 4 MB';
  }
}

/** Resolves with the shell's environment after its start-up files. */
function askShell(options: {
  readonly shell: string;
  readonly flags: readonly string[];
  readonly env: Environment;
  readonly limitMs: number;
}): Promise<Asked> {
  const { shell, flags, env, limitMs } = options;
  // Start-up files may print anything, so two marks enclose the answer.
  const mark = randomUUID();
  const command = `printf '%s' ${mark}; /usr/bin/env -0; printf '%s' ${mark}`;
  return new Promise((resolve) => {
    const child = spawn(shell, [...flags, '-c', command], {
      env: { ...env, SHELL: shell, TERM: 'dumb' },
      stdio: ['ignore', 'pipe', 'ignore'],
      // A separate process group, to end the processes that a start-up file left behind.
      detached: true,
    });
    const finish = (answer: Asked) => {
      clearTimeout(timeout);
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The process has already ended.
      }
      resolve(answer);
    };
    const timeout = setTimeout(() => finish({ kind: 'too-long' }), limitMs);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // Too long for an environment: a start-up file prints endlessly.
      if (said.length > longestAnswer) return finish({ kind: 'too-much' });
      const [, answer = '', after] = said.split(mark);
      if (answer !== '' && after !== undefined) finish({ kind: 'answered', env: parse(answer) });
    });
    child.once('error', () => finish({ kind: 'not-started' }));
    child.once('close', (code) => finish({ kind: 'ended', code }));
  });
}

function parse(text: string): Environment {
  const pairs = text
    .split('\0')
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)
    // Drop the shell's own variables.
    .filter(([name]) => name !== '' && !['TERM', 'SHLVL', '_', 'PWD', 'OLDPWD'].includes(name));
  return Object.fromEntries(pairs);
}
