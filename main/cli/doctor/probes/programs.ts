import { devNull } from 'node:os';
import type { Environment } from '../../../agent/parts.ts';
import { findProgram } from '../../../agent/processes/find-program.ts';
import { runProgram } from '../../../agent/processes/run-program.ts';
import { clientKinds } from '../../../model/clients/table.ts';
import type { ClientFacts, FoundClient, SilentProgram } from '../facts.ts';

/** Arguments that print a version without contacting a cluster. Others get `--version`. */
const versionArguments: Readonly<Record<string, readonly string[]>> = {
  kubectl: ['version', '--client'],
  helm: ['version', '--short'],
  k9s: ['version', '--short'],
};

const programs = [
  ...new Set(
    clientKinds.flatMap(({ packages }) =>
      packages.flatMap(({ registry, name }) => (registry === 'program' ? name : [])),
    ),
  ),
];

/** Resolves with the clients on PATH. Asks all of them for their versions at the same time. */
export async function findPrograms(options: {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
  /** For each program, ms. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}): Promise<ClientFacts> {
  const answers = await Promise.all(programs.map((name) => askProgram(name, options)));
  const seen = answers.filter((answer) => answer !== undefined);
  return {
    found: seen.map(({ client }) => client),
    silent: seen.flatMap(({ silent }) => silent ?? []),
    unread: [],
  };
}

async function askProgram(
  name: string,
  options: Parameters<typeof findPrograms>[0],
): Promise<{ readonly client: FoundClient; readonly silent?: SilentProgram } | undefined> {
  const { env, cwd, home, limitMs, signal } = options;
  const program = await findProgram({ command: name, cwd, env, home });
  if (program.kind !== 'found') return undefined;
  const { file: where } = program;
  const client = { registry: 'program', name, where } as const;
  const end = await runProgram({
    command: where,
    args: versionArguments[name] ?? ['--version'],
    // A kubeconfig that is broken must not keep a client from saying its version, nor start a plugin.
    env: { ...env, KUBECONFIG: devNull },
    cwd: home,
    limitMs,
    signal,
  });
  if (end.kind === 'too-long') return { client, silent: { name, where, why: 'too-long' } };
  const version = end.kind === 'ended' ? versionIn(`${end.stdout}\n${end.stderr}`) : undefined;
  if (version === undefined) return { client, silent: { name, where, why: 'failed' } };
  return { client: { ...client, version } };
}

/** Returns the first version in a program's output, such as `v1.34.1` or `[core 2.15.3]`. */
export function versionIn(output: string): string | undefined {
  return /\d{1,6}\.\d{1,9}(?:\.\d{1,9}){0,4}/.exec(output)?.[0];
}
