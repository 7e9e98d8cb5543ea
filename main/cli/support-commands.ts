import { version } from '../agent/version.ts';
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
    .option('--all', 'Print the versions of everything that is installed and runs')
    .action(async ({ all }: { readonly all?: true }) => {
      if (all !== true) {
        if (json) writeJson({ version });
        else process.stdout.write(`${version}\n`);
        done(0);
        return;
      }
      const { loadInventory, packageFolder, programCommand } = await import('./program-file.ts');
      const { runInventory } = await loadInventory();
      const { command: node, args } = programCommand();
      done(await runInventory({ json, program: args[0] ?? node, packageFolder: packageFolder() }));
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
