import type { Command } from 'commander';
import type { Session } from './session.ts';

/** Describes `kubeconfig`, whose code is loaded when it runs. */
export function describeKubeconfig(
  command: Command,
  withSession: (run: (session: Session) => Promise<number>) => Promise<void>,
): void {
  command
    .requiredOption(
      '--for <program>',
      'Program: python, java, js, rust, ansible, or the path of a file to write',
    )
    .action((clusters: string[], flags: { readonly for: string }) =>
      withSession(async (session) => {
        const { runKubeconfigFor } = await import('./commands/kubeconfig-for.ts');
        return runKubeconfigFor(session, clusters, flags.for);
      }),
    );
}
