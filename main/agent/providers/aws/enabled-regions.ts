import { AppError } from '../../../model/app-error.ts';
import { partitionOf } from '../../../model/aws-partitions.ts';
import { boundedPages } from '../bounded-pages.ts';
import type { AwsAccount } from './accounts.ts';
import type { Aws } from './aws.ts';
import { awsClientSettings } from './clients.ts';
import { isRecent } from './memory.ts';

/**
 * Returns the regions that an account has enabled in addition to the default ones. Looks them up once a day. Returns
 * none if no login may list them: regions from a profile or the setting are read anyway. Rejects only with
 * `answer-refused`, for a list without an end.
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
  // Only the commercial partition has opt-in regions.
  if (login === undefined || partitionOf(login.principal.region ?? '') !== 'aws') return [];
  const more: string[] = [];
  try {
    const { AccountClient, paginateListRegions } = await import('@aws-sdk/client-account');
    const settings = await awsClientSettings({ ...aws, principal: login.principal, service: 'ACCOUNT' });
    // The account service of the partition exists in only one region.
    const parts = { ...settings, region: 'us-east-1', credentials: login.credentials };
    // One attempt only: the run waits for it.
    const client = new AccountClient({ ...parts, maxAttempts: 1 });
    const pages = paginateListRegions(
      { client, pageSize: 50 },
      { RegionOptStatusContains: ['ENABLED'] },
      { abortSignal: signal },
    );
    for await (const { Regions = [] } of boundedPages(pages, {
      list: `The list of regions of AWS account ${account.id} (account:ListRegions)`,
      next: ({ NextToken }) => NextToken,
    }))
      more.push(...Regions.flatMap(({ RegionName }) => RegionName ?? []));
  } catch (error) {
    // A denial counts for today; after any other error the next run asks again.
    if (error instanceof AppError && error.code === 'answer-refused') throw error;
    const refused = error instanceof Error && error.name === 'AccessDeniedException';
    if (!refused) return known?.more ?? [];
  }
  regions[account.id] = { readAt: aws.clock.now(), more };
  return more;
}
