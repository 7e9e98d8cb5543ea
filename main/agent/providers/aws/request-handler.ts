import type { HttpHandlerOptions, HttpRequest, HttpResponse, QueryParameterBag } from '@smithy/types';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import type { Pace } from '../../async/request-rate.ts';
import type { Network } from '../../network/network.ts';

/** The paths of Identity Center's portal, which allows about 20 requests a second per user. */
const portalPath = /^\/(federation|assignment)\//;
/**
 * A little less than the portal allows, in bursts of half of it: the requests of a burst that the network or a busy
 * computer holds back for up to half a second still fit beside those of the next.
 */
export const portalRate = { requests: 10, windowMs: 550 };
/** How long to pause a throttled portal that does not say. */
const portalPauseMs = 1_000;
/** The name of the error for a server that stayed silent for the whole limit of a request. */
export const noAnswer = 'NoAnswerError';
/** Errors that the SDK's own handler calls TimeoutError, which its retry strategy retries. */
const timeouts = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'];

/**
 * Sends the SDK's requests over our own network, so that its proxy, CA certificates and answer limits apply to AWS too.
 * The SDK's own handler limits neither an answer's length nor the time for its body. With a pace, requests to the
 * portal are rate-limited, including those that the SDK sends itself to log in a profile.
 */
export function awsRequestHandler(network: Network, pace?: Pace) {
  const send = async (request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpResponse> => {
    const { method, headers, body } = request;
    if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array))
      throw new Error('a request to AWS has a body that is neither text nor bytes');
    const answer = await network
      .request(urlOf(request), { method, headers, signal, ...(body === undefined ? {} : { body }) })
      .catch((error: unknown) => {
        throw asSdkError(error);
      });
    return { statusCode: answer.status, headers: flat(answer.headers), body: answer.body };
  };
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: HttpRequest, { abortSignal }: HttpHandlerOptions = {}) {
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
      if (pace === undefined || !portalPath.test(request.path))
        return { response: await send(request, signal) };
      await pace.take(signal);
      const response = await send(request, signal);
      if (response.statusCode === 429) {
        const seconds = Number(response.headers['retry-after']);
        pace.pause(seconds > 0 ? seconds * 1_000 : portalPauseMs);
      }
      return { response };
    },
    // The SDK can set options of its own handler; ours has none.
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}

function urlOf({ protocol, hostname, port, path, query }: HttpRequest): URL {
  const search = queryOf(query ?? {});
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return new URL(`${protocol}//${host}${path}${search === '' ? '' : `?${search}`}`);
}

/** Encodes the query as the signature requires (RFC 3986), in any order. */
function queryOf(query: QueryParameterBag): string {
  return Object.entries(query)
    .flatMap(([name, value]) =>
      value === null ? [encode(name)] : [value].flat().map((one) => `${encode(name)}=${encode(one)}`),
    )
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, [value].flat().join(', ')]),
  );
}

/**
 * Gives errors the names and codes of the SDK's own handler: the SDK retries by them, and `awsError` distinguishes by
 * them.
 */
function asSdkError(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  // Not repeated by the SDK: each repetition would wait as long.
  if (error.code === 'timeout')
    return Object.assign(new Error(error.message, { cause: error }), { name: noAnswer });
  const { cause } = error;
  const errno = errnoOf(cause);
  if (error.code !== 'network-unreachable' || errno === undefined) return error;
  return timeouts.includes(errno) ? Object.assign(cause as Error, { name: 'TimeoutError' }) : cause;
}
