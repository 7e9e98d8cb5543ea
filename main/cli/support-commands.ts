import type { DiagnosticsFlags } from './diagnostics/diagnostics.ts';
import { writeJson } from './report.ts';
import type { Describing } from './terminal-commands.ts';

/** Describes the commands that show how the agent works. */
export function describeSupport({ json, command, withSession, done }: Describing): void {
  command('diagnostics')
    .option('--list', 'Print what the archive would hold, and write nothing')
    .option('--output <file>', 'Write this file (default: a new one in the working folder)')
    .option('--yes', 'Do not ask')
    .action(async (flags: DiagnosticsFlags) => {
      const { loadDiagnostics, planScript } = await import('./program-file.ts');
      const { runDiagnostics } = await loadDiagnostics();
      const how = { json, worker: planScript() };
      const { code, isLate } = await runDiagnostics(flags, how);
      done(code);
      // Do not wait for a name server that does not answer.
      if (isLate) process.stdout.write('', () => process.exit(code));
    });
  command('version')
    .option('--all', 'Print all that is installed and runs')
    .action(async ({ all }: { readonly all?: true }) => {
      const { loadInventory } = await import('./program-file.ts');
      const { runVersion } = await loadInventory();
      done(await runVersion({ json, all: all === true }));
    });
  command('metrics').action(() =>
    withSession(async ({ client, orInterrupted }) => {
      const { text } = await orInterrupted(client.call('metrics', {}));
      if (json) writeJson({ text });
      else process.stdout.write(text);
      return 0;
    }),
  );
}
