import { AppError } from '../../../model/app-error.ts';
import type { AwsWay, Cluster, CredentialSource } from '../../../model/cluster.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import { type AccountLogins, createAccountLogins } from './account-logins.ts';
import { type AccountOf, createAccountOf } from './account-of.ts';
import type { Aws } from './aws.ts';
import { type AwsChoice, choiceFor, choiceName, chosen } from './choice.ts';
import { createEksToken } from './eks-token.ts';
import { isEnvironment } from './environment.ts';
import { awsError } from './errors.ts';
import { type AwsConfiguration, type AwsPrincipal, rolePrincipal } from './profiles.ts';

type EksSource = Extract<CredentialSource, { kind: 'eks' }>;

/** Makes tokens for EKS, signed with credentials from the ways of a cluster. */
export function eksCredentials(aws: Aws): CredentialProviderOf<'eks'> {
  const accountOf = createAccountOf(aws);
  const accountLogins = createAccountLogins(aws, accountOf);
  return {
    kind: 'eks',
    async prepare({ source, cluster }) {
      const ways = await waysOf({ aws, accountOf, accountLogins, source, cluster });
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
async function waysOf(options: {
  readonly aws: Aws;
  readonly accountOf: AccountOf;
  readonly accountLogins: AccountLogins;
  readonly source: EksSource;
  readonly cluster: Pick<Cluster, 'account' | 'role'>;
}): Promise<Ways> {
  const { aws, accountOf, accountLogins } = options;
  const { account, role } = options.cluster;
  const configuration = await aws.configuration();
  // A shell whose keys reach another account is not the one that the cluster was found in.
  const listed = options.source.ways
    .flatMap((way) => principalOf(way, configuration) ?? [])
    .filter((principal) => !isEnvironment(principal));
  const environment = configuration.profiles.find(isEnvironment);
  // Keys are set for a shell, or for one command: they come before any choice that is stored.
  if (environment !== undefined && (await accountOf(environment)) === account)
    return {
      principals: [environment],
      all: [environment, ...listed],
      choice: undefined,
      identity: await aws.credentials.identity(environment),
    };
  // No listing of this user has found a cluster that only the organisation's catalog has.
  const all = options.source.ways.length === 0 ? await accountLogins(account) : listed;
  const choice = await choiceFor({
    setting: aws.organisation?.().chosen?.[account],
    tag: role,
    variable: aws.env.AWS_PROFILE,
    principals: all,
    names: configuration.names,
    async reaches(profile) {
      const named = configuration.profiles.find(({ way }) => way.kind === 'profile' && way.name === profile);
      // One that cannot log in says why where it is used.
      return named !== undefined && (await accountOf(named).catch(() => undefined)) === account;
    },
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
          // Keys in the environment of a shell come before any choice.
          ...(all.length < 2 || isEnvironment(principal)
            ? {}
            : { choice: { setting: 'awsRoles' as const, names: [...new Set(all.map(choiceName))] } }),
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
  if (source.ways.every((way) => isEnvironment({ way })))
    throw new AppError(
      'aws-no-profile',
      `${source.cluster} was found with AWS variables of a shell, which this request does not have.`,
      { hint: 'Repeat the command in a shell that has them, for example under `aws-vault exec`.' },
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
