import { AppError } from '../../../model/app-error.ts';
import type { AwsWay, Cluster, CredentialSource } from '../../../model/cluster.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import type { Aws } from './aws.ts';
import { type AwsChoice, choiceFor, chosen } from './choice.ts';
import { createEksToken } from './eks-token.ts';
import { awsError } from './errors.ts';
import { type AwsConfiguration, type AwsPrincipal, rolePrincipal } from './profiles.ts';

type EksSource = Extract<CredentialSource, { kind: 'eks' }>;

/** Makes tokens for EKS, signed with credentials from the ways of a cluster. */
export function eksCredentials(aws: Aws): CredentialProviderOf<'eks'> {
  return {
    kind: 'eks',
    async prepare({ source, cluster }) {
      const ways = await waysOf(aws, source, cluster);
      return { identity: ways.identity, make: () => credentialBy(aws, source, ways) };
    },
  };
}

interface Ways {
  /** Those to use, best first; only the chosen ones if somebody chose. */
  readonly principals: readonly AwsPrincipal[];
  /** All that reach the account. */
  readonly all: readonly AwsPrincipal[];
  readonly choice: AwsChoice | undefined;
  readonly identity: string;
}

/**
 * Returns the ways that are still configured, and an identity of their users: it changes as soon as another user signs
 * in, a way is removed, or another one is chosen.
 */
async function waysOf(
  aws: Aws,
  { ways }: EksSource,
  { account, role }: Pick<Cluster, 'account' | 'role'>,
): Promise<Ways> {
  const configuration = await aws.configuration();
  const all = ways.flatMap((way) => principalOf(way, configuration) ?? []);
  const choice = choiceFor({
    setting: aws.organisation?.().chosen?.[account],
    tag: role,
    variable: aws.env.AWS_PROFILE,
    principals: all,
  });
  const principals = choice === undefined ? all : chosen({ choice, account, principals: all, configuration });
  const users = await Promise.all(principals.map((principal) => aws.credentials.identity(principal)));
  return { principals, all, choice, identity: [choice?.name ?? '', ...users].join('\n') };
}

/**
 * Uses the first way that can log in. If none can, rejects with the error of the first expired session, since the user
 * can fix that, else with the last error.
 */
async function credentialBy(
  aws: Aws,
  source: EksSource,
  { principals, all, choice }: Ways,
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
        identity: {
          used: principal.title,
          others: all.filter(({ key }) => key !== principal.key).map(({ title }) => title),
          grants: 'an EKS access entry for its role, or an entry in the ConfigMap aws-auth',
          choose: 'the setting awsRoles or the tag k8s-tunnels-role',
        },
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
  if (failure !== undefined) throw failure;
  if (choice !== undefined)
    throw new AppError(
      'aws-no-profile',
      `No AWS profile and no role of Identity Center that reaches ${source.cluster} is called ${choice.name}, which ${choice.by} names.`,
      { hint: `Correct it. There is: ${all.map(({ title }) => title).join(', ') || 'none'}.` },
    );
  throw new AppError(
    'aws-no-profile',
    `None of the AWS profiles and sessions that reached ${source.cluster} exists any more.`,
    { hint: 'Run `k8s-tunnels discover` to find what reaches it now.' },
  );
}

function principalOf(way: AwsWay, { profiles, sessions }: AwsConfiguration): AwsPrincipal | undefined {
  if (way.kind === 'profile') {
    return profiles.find(({ way: other }) => other.kind === 'profile' && other.name === way.name);
  }
  const session = sessions.find(({ name }) => name === way.session);
  return session && rolePrincipal({ session, account: way.account, name: way.role });
}
