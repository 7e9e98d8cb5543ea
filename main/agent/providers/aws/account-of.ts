import { createAwsAccounts } from './accounts.ts';
import type { Aws } from './aws.ts';
import { awsError } from './errors.ts';
import { type AwsPrincipal, anyRegion } from './profiles.ts';

/**
 * Returns the account that a principal reaches: as the configuration says, else as AWS answers, once for each access
 * key. Rejects as `awsError` does.
 */
export type AccountOf = (principal: AwsPrincipal) => Promise<string>;

export function createAccountOf(aws: Aws): AccountOf {
  const { identify } = createAwsAccounts(aws);
  const known = new Map<string, string>();
  return async (principal) => {
    if (principal.account !== undefined) return principal.account;
    const region = principal.region ?? anyRegion;
    const credentials = await aws.credentials.get(principal).catch(async (error: unknown) => {
      throw await awsError({ error, principal, action: 'sts:AssumeRole', region });
    });
    const { accessKeyId } = credentials;
    const account =
      credentials.accountId ??
      known.get(accessKeyId) ??
      (await identify({ principal, credentials }, new AbortController().signal));
    known.set(accessKeyId, account);
    return account;
  };
}
