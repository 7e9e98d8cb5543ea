import { boundedPages } from '../bounded-pages.ts';
import type { AwsAccount } from './accounts.ts';
import type { Aws } from './aws.ts';
import { awsClientSettings } from './clients.ts';
import { isRecent } from './memory.ts';

/**
 * The regions that an account has enabled by itself, beside those that every account has: asked once a day. None
 * where nobody may ask: those that a profile names or the setting holds are looked at all the same. Never rejects.
 */
export async function enabledRegions(
  aws: Aws,
  account: AwsAccount,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { regions } = await aws.memory.read();
  const known = regions[account.id];
  if (known !== undefined && isRecent(known.readAt, aws.clock)) return known.more;
  const [login] = account.logins;
  // Only the commercial partition has regions to enable.
  if (login === undefined || /^(cn|us-gov|us-iso)/.test(login.principal.region ?? '')) return [];
  const more: string[] = [];
  try {
    const { AccountClient, paginateListRegions } = await import('@aws-sdk/client-account');
    const settings = await awsClientSettings({ ...aws, principal: login.principal, service: 'ACCOUNT' });
    // The account service of the partition stands in one region alone.
    const parts = { ...settings, region: 'us-east-1', credentials: login.credentials };
    // Asked once only: the run waits for it.
    const client = new AccountClient({ ...parts, maxAttempts: 1 });
    const pages = paginateListRegions(
      { client, pageSize: 50 },
      { RegionOptStatusContains: ['ENABLED'] },
      { abortSignal: signal },
    );
    for await (const { Regions = [] } of boundedPages(pages, 'The list of AWS regions'))
      more.push(...Regions.flatMap(({ RegionName }) => RegionName ?? []));
  } catch (error) {
    // A refusal is an answer for today; anything else is asked again by the next run.
    const refused = error instanceof Error && error.name === 'AccessDeniedException';
    if (!refused) return known?.more ?? [];
  }
  regions[account.id] = { readAt: aws.clock.now(), more };
  return more;
}
