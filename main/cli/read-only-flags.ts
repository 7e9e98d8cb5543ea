import type { Command } from 'commander';
import { AppError } from '../model/app-error.ts';
import { command } from '../model/command.ts';
import type { ReadOnly } from '../model/read-only.ts';
import { listed } from '../model/wording.ts';

export interface ReadOnlyFlags {
  readonly readOnly?: true;
  readonly allowSecrets?: true;
  readonly allowDryRun?: true;
}

/** Adds the options with which a kubeconfig can only read. */
export function addReadOnly(described: Command): Command {
  return described
    .option('--read-only', 'Let the kubeconfig read only, with no change and no data of Secrets')
    .option('--allow-secrets', 'With --read-only: let it read the data of Secrets')
    .option('--allow-dry-run', 'With --read-only: let it send changes that the server only tries');
}

/** Says what a client can do with a read-only kubeconfig. */
export function readOnlyText({ secrets, dryRun }: ReadOnly): string {
  const more = [...(secrets ? ['the data of Secrets'] : []), ...(dryRun ? ['dry runs'] : [])];
  return `Read-only${more.length === 0 ? '' : `, with ${listed(more)}`}: the API server gets no other request.`;
}

/** Returns the limits that the flags say, or undefined for full access. Throws `bad-input` for a limit of nothing. */
export function readOnlyFrom({ readOnly, allowSecrets, allowDryRun }: ReadOnlyFlags): ReadOnly | undefined {
  if (readOnly !== true) {
    if (allowSecrets === undefined && allowDryRun === undefined) return undefined;
    const flag = allowSecrets === true ? '--allow-secrets' : '--allow-dry-run';
    throw new AppError('bad-input', `${flag} needs --read-only.`, {
      hint: 'Without --read-only a kubeconfig allows everything that you may do.',
    });
  }
  return {
    ...(allowSecrets === undefined ? {} : { secrets: allowSecrets }),
    ...(allowDryRun === undefined ? {} : { dryRun: allowDryRun }),
  };
}

/** Returns the error for an agent that opens read-only files as any other. */
export function olderAgent(): AppError {
  return new AppError('agent-version', 'The running agent is older, and knows no read-only kubeconfigs.', {
    hint: `Run \`${command`k8s-tunnels quit`}\`, then try again.`,
  });
}
