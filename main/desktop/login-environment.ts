import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Environment, Logger } from '../agent/parts.ts';

/**
 * Resolves with the environment for the agent. An app that was started from a dock lacks what the user's shell sets
 * (PATH, KUBECONFIG, AWS_PROFILE, HTTPS_PROXY), so this asks the login shell once, for at most 2 s, and otherwise
 * returns `env` unchanged. In a terminal, and on Windows, the process already has the complete environment.
 */
export async function loginEnvironment(
  env: Environment,
  options: { readonly logger: Logger; readonly limitMs?: number },
): Promise<Environment> {
  if (process.platform === 'win32' || env.TERM !== undefined) return env;
  const { logger, limitMs = 2_000 } = options;
  const shell = env.SHELL ?? userInfo().shell ?? '/bin/sh';
  const asked = await askShell({ shell, env, limitMs });
  if (asked === undefined) {
    logger.warn("The login shell's environment could not be read in time", { shell });
    return env;
  }
  return { ...env, ...asked };
}

const longestAnswer = 4 << 20;

/** Resolves with the shell's environment after its start-up files, or with undefined if it fails or takes too long. */
function askShell(options: {
  readonly shell: string;
  readonly env: Environment;
  readonly limitMs: number;
}): Promise<Environment | undefined> {
  const { shell, env, limitMs } = options;
  // Start-up files may print anything, so two marks enclose the answer.
  const mark = randomUUID();
  const command = `printf '%s' ${mark}; command env -0; printf '%s' ${mark}`;
  return new Promise((resolve) => {
    const child = spawn(shell, ['-i', '-l', '-c', command], {
      env: { ...env, TERM: 'dumb' },
      stdio: ['ignore', 'pipe', 'ignore'],
      // A separate process group, to end the processes that a start-up file left behind.
      detached: true,
    });
    const finish = (answer: Environment | undefined) => {
      clearTimeout(timeout);
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The process has already ended.
      }
      resolve(answer);
    };
    const timeout = setTimeout(() => finish(undefined), limitMs);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // Too long for an environment: a start-up file prints endlessly.
      if (said.length > longestAnswer) return finish(undefined);
      const [, answer, after] = said.split(mark);
      if (answer !== undefined && after !== undefined) finish(parse(answer));
    });
    child.once('error', () => finish(undefined));
    child.once('close', () => finish(undefined));
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
