import type { AuditFlags } from './commands/audit.ts';
import { reportError } from './report.ts';
import type { Describing } from './terminal-commands.ts';

/** Describes the command that shows the audit. It is loaded when it runs. */
export function describeAudit({ program, json, command, withSession, done }: Describing): void {
  command('audit')
    .option('--limit <number>', 'Number of requests, up to 100000 (default: 50)')
    .option('--cluster <cluster>', 'Show the requests of one cluster')
    .option('--refused', 'Show requests that were refused, here or by the API server')
    .option('--follow', 'Show new requests until Ctrl-C')
    .option('--metrics', "Print the agent's counters as OpenMetrics text")
    .action(async ({ metrics, ...flags }: AuditFlags & { readonly metrics?: true }) => {
      const { runAudit, runAuditMetrics } = await import('./commands/audit.ts');
      if (metrics !== true)
        return done(await runAudit(flags, { json }).catch((error: unknown) => reportError(error, { json })));
      const { json: _, ...others } = flags as AuditFlags & { readonly json?: true };
      if (Object.keys(others).length > 0) program.error('error: --metrics takes no other option');
      return withSession(runAuditMetrics);
    });
}
