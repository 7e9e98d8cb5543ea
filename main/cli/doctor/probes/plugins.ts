import type { Environment } from '../../../agent/parts.ts';
import { runProgram } from '../../../agent/processes/run-program.ts';
import type { EntryFacts } from './kubeconfig.ts';
import { pluginOf } from './kubeconfig.ts';
import { versionIn } from './programs.ts';

/** The version of the program that kubectl runs for a credential. */
export interface PluginVersion {
  readonly command: readonly string[];
  readonly version: string | undefined;
  /** The contexts whose entries name it. */
  readonly contexts: readonly string[];
}

/**
 * Asks the plugins of entries for their version. Only of entries that are as the agent wrote them: what another program put
 * there is not run.
 */
export async function askPlugins(
  entries: readonly EntryFacts[],
  options: {
    readonly env: Environment;
    readonly home: string;
    readonly limitMs: number;
    readonly signal: AbortSignal;
  },
): Promise<readonly PluginVersion[]> {
  const { env, home, limitMs, signal } = options;
  const whole = entries.filter((entry) => entry.status === 'intact' && entry.missingProgram === undefined);
  const byCommand = Map.groupBy(whole, (entry) => JSON.stringify(pluginOf(entry) ?? []));
  const answers = [...byCommand].map(async ([key, users]) => {
    const command = JSON.parse(key) as readonly string[];
    const [program, ...args] = command;
    if (program === undefined) return [];
    const end = await runProgram({
      command: program,
      args: [...args, '--version'],
      // As its entry clears them.
      env: { ...env, NODE_OPTIONS: '' },
      cwd: home,
      limitMs,
      signal,
    });
    const version = end.kind === 'ended' && end.exitCode === 0 ? versionIn(end.stdout) : undefined;
    return [{ command, version, contexts: users.map(({ name }) => name) }];
  });
  return (await Promise.all(answers)).flat();
}
