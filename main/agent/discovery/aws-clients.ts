import type { Network } from '../network/network.ts';
import type { Environment } from '../parts.ts';
import type { AwsLoginPlace } from './aws-profiles.ts';
import type { Pace } from './pace.ts';

/** The paths of Identity Center's portal, which allows a person about 20 requests a second in all. */
const portalPath = /^\/(federation|assignment)\//;
/** How long a throttled portal is left alone when it does not say. */
const portalPauseMs = 1_000;

/**
 * The SDK's way to send requests, over the agents of ours: the proxy and the authorities hold for AWS too. With a
 * pace, requests to the portal keep to it, those too that the SDK makes by itself to log a profile in.
 */
export async function awsRequestHandler(network: Network, pace?: Pace) {
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const handler = new NodeHttpHandler({
    httpAgent: network.httpAgent,
    httpsAgent: network.httpsAgent,
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    throwOnRequestTimeout: true,
    // The agents are ours: connections wait in their queue as they are meant to.
    socketAcquisitionWarningTimeout: 120_000,
  });
  if (pace === undefined) return handler;
  const send = handler.handle.bind(handler);
  handler.handle = async (request, options) => {
    if (!portalPath.test(request.path)) return send(request, options);
    await pace.take(options?.abortSignal instanceof AbortSignal ? options.abortSignal : undefined);
    const answer = await send(request, options);
    if (answer.response.statusCode === 429) {
      const seconds = Number(answer.response.headers['retry-after']);
      pace.pause(seconds > 0 ? seconds * 1_000 : portalPauseMs);
    }
    return answer;
  };
  return handler;
}

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
    requestHandler: await awsRequestHandler(network, pace),
    // Back-off with jitter, Retry-After honoured.
    retryMode: 'standard',
    maxAttempts: pace === undefined ? 4 : 6,
  };
}
