import type { Pace } from '../../async/request-rate.ts';
import type { Network } from '../../network/network.ts';
import type { Environment } from '../../parts.ts';
import type { AwsPrincipal } from './profiles.ts';
import { awsRequestHandler } from './request-handler.ts';

/**
 * Returns the settings that all clients of a login share. The endpoint comes from our own environment, else from the
 * profile.
 */
export async function awsClientSettings(options: {
  readonly env: Environment;
  readonly network: Network;
  readonly principal: Pick<AwsPrincipal, 'way' | 'endpoint' | 'endpoints'> | undefined;
  readonly service: 'EKS' | 'STS' | 'SSO' | 'SSO_OIDC' | 'ACCOUNT';
  readonly pace?: Pace;
}) {
  const { env, network, principal, service, pace } = options;
  const ignored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true';
  const configured = [
    env[`AWS_ENDPOINT_URL_${service}`],
    env.AWS_ENDPOINT_URL,
    principal?.endpoints?.[service.toLowerCase()],
    principal?.endpoint,
  ];
  const endpoint = ignored ? undefined : configured.find((url) => url !== undefined && url !== '');
  const profile = principal?.way.kind === 'profile' ? principal.way.name : '';
  return {
    ...(profile === '' ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    requestHandler: awsRequestHandler(network, pace),
    // Back-off with jitter that honours Retry-After.
    retryMode: 'standard',
    maxAttempts: pace === undefined ? 4 : 6,
  };
}
