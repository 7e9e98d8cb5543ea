import type { ClientOperation } from '../../main/model/clients/client-kind.ts';
import { finish } from './child.ts';
import type { ClientRun, Outcome, Outcomes } from './outcome.ts';

interface Answer {
  readonly msg?: string;
  readonly stdout?: string;
  readonly resources?: readonly { readonly metadata: { readonly name: string } }[];
}

/** Runs a module of Ansible's for each operation. */
export async function runAnsible(run: ClientRun): Promise<Outcomes> {
  const python = run.tool('python3');
  const env = { ...run.env, PYTHONPATH: run.tool('ansible'), ANSIBLE_PYTHON_INTERPRETER: python };
  const ask = async (
    module: string,
    args: Readonly<Record<string, string>>,
    value: (answer: Answer) => string | undefined,
  ): Promise<Outcome> => {
    const words = [python, '-m', 'ansible', 'adhoc', 'localhost', '-i', 'localhost,', '-c', 'local'];
    const command = [...words, '-m', `kubernetes.core.${module}`, '-a', JSON.stringify(args)];
    const { code, stdout, stderr } = await finish(command, { env, home: run.home }, 60_000);
    const text = stdout.slice(stdout.indexOf('=>') + 2);
    if (code !== 0) return { error: `${text} ${stderr}`.trim() };
    return { value: value(JSON.parse(text) as Answer) ?? 'nothing' };
  };
  const outcomes: Partial<Record<ClientOperation, Outcome>> = {
    get: await ask(
      'k8s_info',
      { kind: 'Namespace', name: 'default' },
      (answer) => answer.resources?.[0]?.metadata.name,
    ),
    list: await ask(
      'k8s_info',
      { kind: 'ConfigMap', namespace: 'bulk' },
      (answer) => `${answer.resources?.length}`,
    ),
    exec: await ask('k8s_exec', { namespace: 'default', pod: 'p', command: 'echo hello' }, (answer) =>
      answer.stdout?.trim(),
    ),
  };
  return outcomes;
}
