import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startChild } from '../children.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  endTerminals,
  followProcess,
  type IsolatedTerminal,
  type IsolateHow,
  isolate,
  onlyTerminal,
  terminalVariables,
  warnOfProduction,
  withVariables,
} from '../isolated.ts';
import { reportError, writeAside } from '../report.ts';
import { withAgent } from '../session.ts';
import { callingShell, shellKindOf } from '../shells/shell-kind.ts';
import { shellStart } from '../shells/start-files.ts';

/**
 * Opens an interactive shell whose kubeconfig has the cluster only, and waits for its end. Resolves with the exit code of
 * the shell. The user's kubeconfig and other terminals are not changed.
 */
export async function runShell(
  cluster: string,
  flags: IsolateHow & { readonly shell?: string | undefined },
): Promise<number> {
  let terminal: IsolatedTerminal | undefined;
  const code = await withAgent({ json: false }, async (session) => {
    const result = await isolate(session, [cluster], { ...flags, kind: 'shell', pid: process.pid });
    terminal = onlyTerminal(result);
    return exitCodes.ok;
  });
  if (terminal === undefined) return code;
  try {
    return await runIn(terminal, flags.shell);
  } catch (error) {
    return reportError(error, { json: false });
  } finally {
    await endTerminals([terminal]);
  }
}

async function runIn(terminal: IsolatedTerminal, wanted: string | undefined): Promise<number> {
  const { env } = process;
  const program = wanted ?? shellProgram();
  const variables = terminalVariables(terminal);
  const folder = path.dirname(terminal.file);
  const start = shellStart({
    shell: shellKindOf(program),
    folder,
    variables,
    segment: {
      context: terminal.context,
      namespace: terminal.namespace,
      production: terminal.production === true,
    },
    env,
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(start.files))
    writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  warnOfProduction(terminal);
  writeAside([`The kubeconfig of this shell has the context ${terminal.context} only. Leave it with exit.`]);
  const running = await startChild({
    program,
    args: start.args,
    env: withVariables(env, { ...variables, ...start.env }),
    stdio: 'inherit',
  });
  // The file is the shell's from now on: it stays if this process is killed, and goes when the shell ends.
  if (running.child.pid !== undefined) await followProcess(terminal, running.child.pid);
  return running.code;
}

/** Returns the user's shell: the one that runs this command if it is known, else that of the account. */
function shellProgram(): string {
  const { env } = process;
  const { program } = callingShell(env);
  if (shellKindOf(program) !== 'posix')
    return path.basename(env.SHELL ?? '') === program ? (env.SHELL ?? program) : program;
  return env.SHELL || (process.platform === 'win32' ? 'powershell.exe' : '/bin/sh');
}
