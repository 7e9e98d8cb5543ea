import path from 'node:path';
import type { AwsCredentialIdentity } from '@smithy/types';
import type { Network } from '../network/network.ts';
import type { Environment } from '../parts.ts';

/** A way into AWS that this computer is set up for. */
export interface AwsProfile {
  /** Its name in the AWS configuration; `environmentProfile` for the environment's own variables. */
  readonly name: string;
  readonly region: string | undefined;
  /** Where its services are, when not at AWS itself. */
  readonly endpoint: string | undefined;
  /** How it logs in, as far as that changes what a person can do about a failure. */
  readonly login:
    | { readonly kind: 'sso'; readonly profile: string; readonly session: string }
    | { readonly kind: 'console'; readonly profile: string }
    | { readonly kind: 'mfa' }
    | { readonly kind: 'other' };
}

/** Stands for the credentials that the environment's variables give, where no profile has any. No profile can be called so. */
export const environmentProfile = '';

export interface AwsPlaces {
  readonly env: Environment;
  readonly home: string;
}

type Section = Readonly<Record<string, string | undefined>>;

/** Any of these makes a section one that can log in; `[default]` often holds a region only. */
const loginKeys = [
  'aws_access_key_id',
  'role_arn',
  'sso_session',
  'sso_start_url',
  'credential_process',
  'web_identity_token_file',
  'login_session',
];

/** Any of these in the environment is a login without a profile. */
const loginVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/** Every profile that can log in, read anew; without any, the environment's credentials where it has some. */
export async function awsProfiles(places: AwsPlaces): Promise<readonly AwsProfile[]> {
  const { parseKnownFiles } = await import('@smithy/shared-ini-file-loader');
  const sections = await parseKnownFiles({ ...filesOf(places), ignoreCache: true });
  const profiles = Object.entries(sections)
    .filter(([name]) => !name.startsWith('sso-session.') && !name.startsWith('services.'))
    .filter(([, section]) => loginKeys.some((key) => section[key] !== undefined))
    .map(([name, section]) => ({
      name,
      region: section.region,
      endpoint: section.endpoint_url,
      login: loginOf(name, sections),
    }));
  if (profiles.length > 0 || !loginVariables.some((name) => (places.env[name] ?? '') !== '')) return profiles;
  const region = places.env.AWS_REGION ?? places.env.AWS_DEFAULT_REGION;
  return [{ name: environmentProfile, region, endpoint: undefined, login: { kind: 'other' } }];
}

function filesOf({ env, home }: AwsPlaces) {
  return {
    configFilepath: env.AWS_CONFIG_FILE || path.join(home, '.aws', 'config'),
    filepath: env.AWS_SHARED_CREDENTIALS_FILE || path.join(home, '.aws', 'credentials'),
  };
}

/** Follows `source_profile` to where a person logs in. */
function loginOf(name: string, sections: Readonly<Record<string, Section>>): AwsProfile['login'] {
  const visited = new Set<string>();
  let needsMfa = false;
  for (let profile: string | undefined = name; profile !== undefined && !visited.has(profile); ) {
    visited.add(profile);
    const section: Section = sections[profile] ?? {};
    const session = section.sso_session ?? section.sso_start_url;
    if (session !== undefined) return { kind: 'sso', profile, session };
    if (section.login_session !== undefined) return { kind: 'console', profile };
    needsMfa ||= section.mfa_serial !== undefined;
    profile = section.source_profile;
  }
  return { kind: needsMfa ? 'mfa' : 'other' };
}

/** The SDK's way to send requests, over the agents of ours: the proxy and the authorities hold for AWS too. */
export async function awsRequestHandler(network: Network) {
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  return new NodeHttpHandler({
    httpAgent: network.httpAgent,
    httpsAgent: network.httpsAgent,
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    throwOnRequestTimeout: true,
    // The agents are ours: connections wait in their queue as they are meant to.
    socketAcquisitionWarningTimeout: 120_000,
  });
}

/** What all clients of a profile share. The endpoint is found here, from our own environment. */
export async function awsClientSettings(options: {
  readonly env: Environment;
  readonly network: Network;
  readonly profile: AwsProfile;
  readonly service: 'EKS' | 'STS';
}) {
  const { env, network, profile, service } = options;
  const ignored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true';
  const configured = [env[`AWS_ENDPOINT_URL_${service}`], env.AWS_ENDPOINT_URL, profile.endpoint];
  const endpoint = ignored ? undefined : configured.find((url) => url !== undefined && url !== '');
  return {
    ...(profile.name === environmentProfile ? {} : { profile: profile.name }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    requestHandler: await awsRequestHandler(network),
    // Back-off with jitter, Retry-After honoured.
    retryMode: 'standard',
    maxAttempts: 4,
  };
}

/**
 * The credentials of a profile, refreshed by the SDK where it can. Rejects with the SDK's own error, which
 * `awsError` understands.
 */
export async function awsCredentials(
  options: AwsPlaces & { readonly profile: string; readonly network: Network },
): Promise<AwsCredentialIdentity> {
  const { fromIni, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  // The portal of Identity Center throttles early, and all profiles of an organisation ask it at once.
  const clientConfig = { requestHandler: await awsRequestHandler(options.network), maxAttempts: 6 };
  if (options.profile === environmentProfile) return fromNodeProviderChain({ clientConfig })();
  // Not the whole chain: a profile that cannot log in must not end in the instance's own role.
  return fromIni({ ...filesOf(options), profile: options.profile, ignoreCache: true, clientConfig })();
}
