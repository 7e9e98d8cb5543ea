import type { LintFlags } from './commands/lint-tags.ts';
import { runTags } from './commands/tags.ts';
import { describePublish } from './publish-command.ts';
import { shellOption } from './shell-flag.ts';
import type { Describing } from './terminal-commands.ts';

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Describes the commands for tags, and the one that publishes clusters by them. */
export function describeTags(describing: Describing): void {
  const { command, withSession } = describing;
  command('tags <cluster>')
    .option('--set <field=value>', 'Set a tag, for example hostname=k8s.example.com', collect, [])
    .option('--unset <field>', 'Remove a tag', collect, [])
    .option(...shellOption)
    .action(
      (
        cluster: string,
        flags: {
          readonly set: readonly string[];
          readonly unset: readonly string[];
          readonly shell?: string;
        },
      ) => withSession((session) => runTags(session, cluster, flags)),
    );
  command('lint-tags')
    .option('--source <source>', 'Check one source only: eks, gke, aks, vault or file')
    .option('--fresh', 'Refresh the cluster list first')
    .option('--strict', 'Fail on warnings too')
    .option('--allow-unread', 'Do not fail where a location or a cluster could not be read')
    .option(...shellOption)
    .action(async (flags: LintFlags) => {
      const { loadLintTags } = await import('./program-file.ts');
      const { runLintTags } = await loadLintTags();
      return withSession((session) => runLintTags(session, flags));
    });
  describePublish(describing);
}
