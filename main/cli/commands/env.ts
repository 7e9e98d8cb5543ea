import { AppError } from '../../model/app-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { type IsolateHow, isolate, onlyTerminal, terminalVariables, warnOfProduction } from '../isolated.ts';
import { writeJson } from '../json-document.ts';
import type { Session } from '../session.ts';
import { callingShell, shellKindNamed, shellKindOf } from '../shells/shell-kind.ts';
import { settingText, type Variables } from '../shells/shell-text.ts';

interface EnvFlags extends IsolateHow {
  readonly shell?: string | undefined;
  readonly pid?: string | undefined;
}

/** The KUBECONFIG of before, which `--unset` restores. */
const beforeName = 'K8S_TUNNELS_KUBECONFIG_BEFORE';

/**
 * Prints what the calling shell evaluates to use the cluster. Its kubeconfig is removed when that shell ends, or the
 * process of `--pid`.
 */
export async function runEnv(session: Session, cluster: string, flags: EnvFlags): Promise<number> {
  const { env } = process;
  const caller = callingShell(env);
  const shell = flags.shell === undefined ? shellKindOf(caller.program) : shellKindNamed(flags.shell);
  const pid = flags.pid === undefined ? caller.pid : pidFrom(flags.pid);
  const result = await isolate(session, [cluster], { ...flags, kind: 'env', pid });
  const terminal = onlyTerminal(result);
  const variables = {
    ...terminalVariables(terminal),
    ...(env.K8S_TUNNELS_CONTEXT === undefined ? { [beforeName]: env.KUBECONFIG } : {}),
  };
  warnOfProduction(terminal);
  if (session.json) writeJson({ terminal, variables });
  else write(variables, shell);
  return exitCodes.ok;
}

/** Prints what the calling shell evaluates to use its own kubeconfig again. Needs no agent. */
export function runEnvUnset(flags: { readonly shell?: string | undefined }): number {
  const { env } = process;
  const shell =
    flags.shell === undefined ? shellKindOf(callingShell(env).program) : shellKindNamed(flags.shell);
  const isSet = env.K8S_TUNNELS_CONTEXT !== undefined;
  write(
    {
      KUBECONFIG: isSet ? env[beforeName] : env.KUBECONFIG,
      K8S_TUNNELS_CONTEXT: undefined,
      K8S_TUNNELS_NAMESPACE: undefined,
      K8S_TUNNELS_PRODUCTION: undefined,
      K8S_TUNNELS_READ_ONLY: undefined,
      [beforeName]: undefined,
    },
    shell,
  );
  return exitCodes.ok;
}

/** Not as other output: every character counts for the shell. Control characters are refused. */
function write(variables: Variables, shell: Parameters<typeof settingText>[1]): void {
  process.stdout.write(`${settingText(variables, shell)}\n`);
}

function pidFrom(text: string): number {
  const pid = Number(text);
  if (Number.isInteger(pid) && pid > 0) return pid;
  throw new AppError('bad-input', `--pid is "${text}", which is not the number of a process.`, {
    hint: 'Give it the process that the kubeconfig is for, for example $$ in bash.',
  });
}
