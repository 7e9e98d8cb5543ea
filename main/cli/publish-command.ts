import type { PublishFlags } from './publish/options.ts';
import { reportError } from './report.ts';
import type { Describing } from './terminal-commands.ts';

/** Describes the command that publishes the organisation's catalog. It is loaded when it runs. */
export function describePublish({ json, command, withSession, done }: Describing): void {
  command('publish [worker]')
    .option('--dry-run', 'Print what would be published, and for whom; send nothing')
    .option('--untagged <groups>', 'Publish clusters without the tag groups to these, or to everyone')
    .option('--max-age <time>', 'How long the catalog is fresh, from 1m to 90d (default: 24h)')
    .option(
      '--allow-unread',
      'Publish although locations could not be read: their clusters stay as published',
    )
    .option('--remove-unread', 'The same, but remove their clusters')
    .option('--key-file <file>', 'Sign with this private key (default: K8S_TUNNELS_CATALOG_KEY)')
    .option('--new-key <file>', 'Make a key pair: write the private key, print the public key')
    .action(async (worker: string | undefined, flags: PublishFlags & { readonly newKey?: string }) => {
      const { loadPublish } = await import('./program-file.ts');
      const { preparePublish, runNewKey } = await loadPublish();
      const { newKey } = flags;
      try {
        if (newKey !== undefined) return done(await runNewKey(newKey, { json }));
        return await withSession(await preparePublish(worker, flags));
      } catch (error) {
        return done(reportError(error, { json }));
      }
    });
}
