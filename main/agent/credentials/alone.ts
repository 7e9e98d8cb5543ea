import { opensReadOnly } from '../../model/opens-read-only.ts';
import type { Parts } from '../agent.ts';
import { readOnlyProduction } from '../api-proxy/production-locks.ts';
import { boot } from '../boot.ts';
import { clusterUnder } from '../organisation/source-under.ts';
import { apiServer, execCredential } from './exec-credential.ts';

/**
 * Returns an ExecCredential without an agent, from what the last one left on disk. Starts no login and opens no tunnel.
 * Rejects as `boot`, `Catalog.find` and `Credentials.get` do, and with `production-read-only`.
 */
export async function credentialAlone(
  parts: Pick<Parts, 'env' | 'paths' | 'clock' | 'logger' | 'openStore' | 'sealer'>,
  { cluster, execInfo }: { readonly cluster: string; readonly execInfo?: string | undefined },
): Promise<Record<string, unknown>> {
  const { catalog, network, credentials, organisation, settings } = await boot({
    parts,
    notice: (level, message) => parts.logger.info('Notice', { severity: level, message }),
  });
  try {
    const found = catalog.find(cluster);
    // The configuration may have changed since the agent marked its production clusters.
    if (opensReadOnly(clusterUnder(found, organisation.current()), settings.get()))
      throw readOnlyProduction(found);
    const credential = await credentials.get(found, apiServer(execInfo));
    return execCredential(credential, execInfo);
  } finally {
    network.reset();
  }
}
