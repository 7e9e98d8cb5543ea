import { AppError } from '../../../model/app-error.ts';
import { createExpiring } from '../../async/expiring.ts';
import type { AccountOf } from './account-of.ts';
import type { Aws } from './aws.ts';
import { compareProfiles, roleRank } from './choice.ts';
import { isEnvironment } from './environment.ts';
import { awsError } from './errors.ts';
import { type AwsPrincipal, rolePrincipal } from './profiles.ts';
import type { AwsSession } from './sessions.ts';

/** As long as the catalog is fresh by default: a role that is granted later is found then. */
const lifeMs = 3_600_000;
/** How many roles of one session are tried. */
const rolesTried = 3;

/**
 * Finds the logins of this computer for an account, best first: its profiles, then the roles that IAM Identity Center
 * grants there. For clusters of the organisation's catalog, which no listing with these logins has found. Rejects with
 * `aws-session-expired` if only an Identity Center session that has ended may reach it, else with `aws-no-profile`.
 */
export type AccountLogins = (account: string) => Promise<readonly AwsPrincipal[]>;

export function createAccountLogins(aws: Aws, accountOf: AccountOf): AccountLogins {
  const found = createExpiring<string, readonly AwsPrincipal[]>(aws.clock);
  const find = async (account: string): Promise<readonly AwsPrincipal[]> => {
    const { profiles, sessions } = await aws.configuration();
    const wanted = aws.organisation?.().roles ?? [];
    const own = profiles.filter((profile) => !isEnvironment(profile));
    const named = own.filter((profile) => profile.account === account);
    const granted = await Promise.all(
      [...Map.groupBy(sessions, ({ startUrl }) => startUrl).values()].map((alike) =>
        grantedBy(alike, account, wanted),
      ),
    );
    const roles = granted.flatMap((one) => ('roles' in one ? one.roles : []));
    const logins = [...named.toSorted((a, b) => compareProfiles(a, b, wanted)), ...roles];
    if (logins.length > 0) return logins;
    // The configuration says nothing about these: AWS is asked which account their keys belong to.
    const others = await Promise.all(
      own
        .filter((profile) => profile.account === undefined)
        .map(async (profile) => ({ profile, is: await accountOf(profile).catch(() => undefined) })),
    );
    const those = others.flatMap(({ profile, is }) => (is === account ? [profile] : []));
    if (those.length > 0) return those.toSorted((a, b) => compareProfiles(a, b, wanted));
    const ended = granted.find((one) => 'error' in one);
    if (ended !== undefined && 'error' in ended) throw ended.error;
    throw new AppError(
      'aws-no-profile',
      `No AWS profile of this computer and no session of IAM Identity Center reaches account ${account}.`,
      {
        hint: 'Add a profile of this account to ~/.aws/config, or sign in with `k8s-tunnels login aws`; if you have, ask for a role in it.',
      },
    );
  };

  /** Sessions with different names for one portal are equivalent: uses any that is signed in. */
  const grantedBy = async (
    alike: readonly AwsSession[],
    account: string,
    wanted: readonly string[],
  ): Promise<{ readonly roles: readonly AwsPrincipal[] } | { readonly error: AppError }> => {
    let failure: AppError | undefined;
    for (const session of alike) {
      try {
        await aws.portal.token(session);
        const names = await aws.portal.roles(session, account, new AbortController().signal);
        const rank = (name: string) =>
          wanted.includes(name) ? wanted.indexOf(name) - wanted.length : roleRank(name);
        return {
          roles: names
            .toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
            .slice(0, rolesTried)
            .map((name) => rolePrincipal({ session, account, name })),
        };
      } catch (error) {
        const met = await awsError({
          error,
          principal: {
            ...rolePrincipal({ session, account, name: '' }),
            title: `Identity Center ${session.name}`,
          },
          action: 'sso:ListAccountRoles',
          region: session.region,
        });
        // The portal answers so about an account in which the user has no role.
        if (met.code === 'aws-denied') return { roles: [] };
        failure ??= met;
      }
    }
    return failure === undefined ? { roles: [] } : { error: failure };
  };

  return async (account) => {
    const from = await aws.configuration();
    return found.get(account, { from, make: () => find(account), lifeMs: () => lifeMs });
  };
}
