import { reportError } from './report.ts';
import type { SetupFlags } from './setup/flags.ts';
import type { Describing } from './terminal-commands.ts';

/** Describes the command of the organisation's configuration. It is loaded when it runs. */
export function describeSetup({ json, command, withSession, done }: Describing): void {
  const repeated = (given: string, before: readonly string[] = []) => [...before, given];
  command('setup [source]')
    .option('--key <base64>', 'Require a signature of this Ed25519 public key from now on')
    .option('--yes', 'Do not ask')
    .option('--replace', 'Replace a configuration from another source')
    .option('--show', 'Show the current configuration')
    .option('--refresh', 'Reload the configuration from its source')
    .option('--review', 'Show the changes of a new configuration and accept it')
    .option('--remove', 'Remove the configuration')
    .option('--check', 'Check a file or URL, and every address in it; change nothing')
    .option('--offline', 'With --check, try no address')
    .option('--sign', 'Sign a file: write the signatures beside it (.sig)')
    .option('--key-file <file>', 'With --sign, a private key; repeat it for several', repeated)
    .option('--new-key <file>', 'Make a key pair: write the private key, print the public key')
    .action(async (source: string | undefined, flags: SetupFlags) => {
      const { loadSetup } = await import('./program-file.ts');
      const { prepareSetup, runSetup } = await loadSetup();
      try {
        const code = await prepareSetup(source, flags, { json });
        if (code !== undefined) return done(code);
      } catch (error) {
        return done(reportError(error, { json }));
      }
      return withSession((session) => runSetup(session, source, flags));
    });
}
