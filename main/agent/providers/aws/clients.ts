import type { Pace } from '../../async/request-rate.ts';
import type { Network } from '../../network/network.ts';
import type { Environment } from '../../parts.ts';
import type { AwsLoginPlace } from './profiles.ts';
import { awsRequestHandler } from './request-handler.ts';

/** What all clients of a login share. The endpoint is found here, from our own environment. */
export async function awsClientSettings(options: {
  readonly env: Environment;
  readonly network: Network;
  readonly place: Pick<AwsLoginPlace, 'way' | 'endpoint'> | undefined;
  readonly service: 'EKS' | 'STS' | 'SSO' | 'SSO_OIDC' | 'ACCOUNT';
  readonly pace?: Pace;
}) {
  const { env, network, place, service, pace } = options;
  const ignored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true';
  const configured = [env[`AWS_ENDPOINT_URL_${service}`], env.AWS_ENDPOINT_URL, place?.endpoint];
  const endpoint = ignored ? undefined : configured.find((url) => url !== undefined && url !== '');
  const profile = place?.way.kind === 'profile' ? place.way.name : '';
  return {
    ...(profile === '' ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    requestHandler: awsRequestHandler(network, pace),
    // Back-off with jitter, Retry-After honoured.
    retryMode: 'standard',
    maxAttempts: pace === undefined ? 4 : 6,
  };
}
