import type { Parts } from '../agent.ts';
import { boot } from '../boot.ts';
import { apiServer, execCredential } from './exec-credential.ts';

/**
 * Returns an ExecCredential without an agent, from what the last one left on disk. Starts no login and opens no tunnel.
 * Rejects as `boot`, `Catalog.find` and `Credentials.get` do.
 */
export async function credentialAlone(
  parts: Pick<Parts, 'env' | 'paths' | 'clock' | 'logger' | 'openStore' | 'sealer'>,
  { cluster, execInfo }: { readonly cluster: string; readonly execInfo?: string | undefined },
): Promise<Record<string, unknown>> {
  const { catalog, network, credentials } = await boot({
    parts,
    notice: (level, message) => parts.logger.info('Notice', { severity: level, message }),
  });
  try {
    const credential = await credentials.get(catalog.find(cluster), apiServer(execInfo));
    return execCredential(credential, execInfo);
  } finally {
    network.reset();
  }
}
