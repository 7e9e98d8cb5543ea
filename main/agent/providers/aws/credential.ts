import { AppError } from '../../../model/app-error.ts';
import type { AwsWay, CredentialSource } from '../../../model/cluster.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import type { Aws } from './aws.ts';
import { createEksToken } from './eks-token.ts';
import { awsError } from './errors.ts';
import { type AwsConfiguration, type AwsPrincipal, rolePrincipal } from './profiles.ts';

type EksSource = Extract<CredentialSource, { kind: 'eks' }>;

/** Makes tokens for EKS, signed with credentials from the ways of a cluster. */
export function eksCredentials(aws: Aws): CredentialProviderOf<'eks'> {
  return {
    kind: 'eks',
    async prepare({ source }) {
      const { principals, identity } = await waysOf(aws, source);
      return { identity, make: () => credentialBy(aws, source, principals) };
    },
  };
}

/**
 * Returns the ways that are still configured, best first, and an identity of their users: it changes as soon as another
 * user signs in or a way is removed.
 */
async function waysOf(
  aws: Aws,
  { ways }: EksSource,
): Promise<{ readonly principals: readonly AwsPrincipal[]; readonly identity: string }> {
  const configuration = await aws.configuration();
  const principals = ways.flatMap((way) => principalOf(way, configuration) ?? []);
  const users = await Promise.all(principals.map((principal) => aws.credentials.identity(principal)));
  return { principals, identity: users.join('\n') };
}

/**
 * Uses the first way that can log in. If none can, rejects with the error of the first expired session, since the user
 * can fix that, else with the last error.
 */
async function credentialBy(
  aws: Aws,
  source: EksSource,
  principals: readonly AwsPrincipal[],
): Promise<Credential> {
  let failure: AppError | undefined;
  for (const principal of principals) {
    try {
      const identity = await aws.credentials.get(principal);
      // The cluster compares the signing time with its own clock, as AWS does; its SDKs correct theirs in this way too.
      const { aheadMs = 0 } = aws.network.clockSkew() ?? {};
      const { token, expiresAt } = await createEksToken({
        cluster: source.cluster,
        region: source.region,
        identity,
        now: aws.clock.now() - aheadMs,
      });
      // A token expires no later than the session that signed it. kubectl compares with this computer's clock.
      const endsAt = Math.min(expiresAt, identity.expiration?.getTime() ?? expiresAt);
      return {
        kind: 'token',
        token,
        expiresAt: endsAt + aheadMs,
      };
    } catch (error) {
      const met = await awsError({
        error,
        principal,
        action: 'sts:GetCallerIdentity',
        region: source.region,
      });
      if (failure?.signIn === undefined) failure = met;
    }
  }
  throw (
    failure ??
    new AppError(
      'aws-no-profile',
      `None of the AWS profiles and sessions that reached ${source.cluster} exists any more.`,
      { hint: 'Run `k8s-tunnels discover` to find what reaches it now.' },
    )
  );
}

function principalOf(way: AwsWay, { profiles, sessions }: AwsConfiguration): AwsPrincipal | undefined {
  if (way.kind === 'profile') {
    return profiles.find(({ way: other }) => other.kind === 'profile' && other.name === way.name);
  }
  const session = sessions.find(({ name }) => name === way.session);
  return session && rolePrincipal({ session, account: way.account, name: way.role });
}
