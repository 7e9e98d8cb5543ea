import { AppError } from '../app-error.ts';
import type { AwsWay, CredentialSource } from '../catalog/cluster.ts';
import type { Aws } from '../discovery/aws.ts';
import { awsError } from '../discovery/aws-errors.ts';
import { type AwsLoginPlace, awsConfiguration, rolePlace } from '../discovery/aws-profiles.ts';
import type { Credential } from './credentials.ts';
import { createEksToken } from './eks-token.ts';

/**
 * By the first way that can log in. When none can, the first is told whose sign-in has ended, since a person can mend
 * that, else the last.
 */
export async function eksCredential(
  aws: Aws,
  source: Extract<CredentialSource, { kind: 'eks' }>,
): Promise<Credential> {
  const configuration = await awsConfiguration(aws);
  let failure: AppError | undefined;
  for (const way of source.ways) {
    const place = placeOf(way, configuration);
    if (place === undefined) continue;
    try {
      const identity = await aws.credentials.get(place);
      const { token, expiresAt } = await createEksToken({
        cluster: source.cluster,
        region: source.region,
        identity,
        now: aws.clock.now(),
      });
      // A token signed with a session that ends earlier ends with it.
      return {
        kind: 'token',
        token,
        expiresAt: Math.min(expiresAt, identity.expiration?.getTime() ?? expiresAt),
      };
    } catch (error) {
      const met = await awsError({ error, place, action: 'sts:GetCallerIdentity', region: source.region });
      if (failure?.signIn === undefined) failure = met;
    }
  }
  throw (
    failure ??
    new AppError(
      'aws-no-profile',
      `None of the AWS profiles and sign-ins that reached ${source.cluster} exists any more.`,
      { hint: 'Run `k8s-tunnels discover` to find what reaches it now.' },
    )
  );
}

function placeOf(
  way: AwsWay,
  { profiles, sessions }: Awaited<ReturnType<typeof awsConfiguration>>,
): AwsLoginPlace | undefined {
  if (way.kind === 'profile') {
    return profiles.find(({ way: other }) => other.kind === 'profile' && other.name === way.name);
  }
  const session = sessions.find(({ name }) => name === way.session);
  return session && rolePlace({ session, account: way.account, name: way.role });
}
