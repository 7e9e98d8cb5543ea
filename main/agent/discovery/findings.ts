import type { Findings } from '../../model/findings.ts';
import type { Provider } from '../providers/provider.ts';

/** Returns what this computer has for discovery. Reads only files and connects to nothing. */
export async function readFindings(providers: readonly Pick<Provider, 'findings'>[]): Promise<Findings> {
  const found = await Promise.all(providers.map(({ findings }) => findings?.()));
  return Object.assign({ awsProfiles: [], clusterFiles: [] }, ...found);
}
