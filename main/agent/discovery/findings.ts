import type { Findings } from '../../model/findings.ts';
import type { Provider } from '../providers/provider.ts';

/** What this computer has to discover with. Reads files only, and asks nobody. */
export async function readFindings(providers: readonly Pick<Provider, 'findings'>[]): Promise<Findings> {
  const found = await Promise.all(providers.map(({ findings }) => findings?.()));
  return Object.assign({ awsProfiles: [], clusterFiles: [] }, ...found);
}
