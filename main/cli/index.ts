#!/usr/bin/env node
import { runCredential } from './commands/credential.ts';
import { reportError } from './report.ts';

/** The entry of the command line. The exit codes are in exit-codes.ts. */
async function main(args: readonly string[]): Promise<number> {
  const [command, cluster, ...rest] = args;
  if (command === 'credential' && cluster !== undefined && !cluster.startsWith('-') && rest.length === 0)
    return runCredential(cluster, { json: false });
  const { runProgram } = await import('./program.ts');
  return runProgram(args);
}

// Node would print the error with all that it holds.
process.on('uncaughtException', (error) => {
  // An agent writes it into its log.
  if (process.listenerCount('uncaughtException') > 1) return;
  process.exit(reportError(error, { json: process.argv.includes('--json') }));
});
// A reader that went away (`| head`) is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = reportError(error, { json: process.argv.includes('--json') });
  },
);
