import { runResume } from './commands/resume.ts';
import type { Describing } from './terminal-commands.ts';

/** Describes the command that connects what was connected before. */
export function describeResume({ command, withSession }: Pick<Describing, 'command' | 'withSession'>): void {
  command('resume')
    .option('--production', 'Confirm questions about production clusters')
    .option('--dry-run', 'Print what would change in the kubeconfig, and change nothing')
    .action((flags: { readonly production?: true; readonly dryRun?: true }) =>
      withSession((session) => runResume(session, flags)),
    );
}
