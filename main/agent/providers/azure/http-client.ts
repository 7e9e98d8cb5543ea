import type { HttpClient, HttpHeaders, PipelineRequest } from '@azure/core-rest-pipeline';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import type { Network } from '../../network/network.ts';

/** Azure may ask a client to retry after minutes: a run does not wait that long. */
const longestRetryAfterSeconds = 15;

/**
 * Sends the SDK's requests over our own network, so that its proxy, CA certificates and answer limits apply to Azure
 * too. The SDK's own client limits an answer's length neither compressed nor uncompressed.
 */
export async function azureHttpClient(network: Network): Promise<HttpClient> {
  const { createHttpHeaders, RestError } = await import('@azure/core-rest-pipeline');
  return {
    async sendRequest(request) {
      const { url, method, timeout } = request;
      const signal = request.abortSignal instanceof AbortSignal ? request.abortSignal : undefined;
      if (url.startsWith('http:') && request.allowInsecureConnection !== true)
        throw new Error(`${new URL(url).host} is not asked without TLS`);
      const answer = await network
        .request(new URL(url), {
          method,
          headers: headersOf(request),
          signal,
          ...(timeout === 0 ? {} : { timeoutMs: timeout }),
          ...bodyOf(request),
        })
        .catch((error: unknown) => {
          const errno = error instanceof AppError ? errnoOf(error.cause) : undefined;
          // The SDK retries errors whose codes it knows.
          throw error instanceof AppError && error.code.startsWith('network-') && errno !== undefined
            ? new RestError(error.message, { code: errno, request })
            : error;
        });
      const headers: HttpHeaders = createHttpHeaders();
      for (const [name, value] of Object.entries(answer.headers)) {
        const [first] = [value].flat();
        if (first !== undefined) headers.set(name, first);
      }
      // Drop a long Retry-After: without the header the SDK does not retry.
      if (Number(headers.get('retry-after')) > longestRetryAfterSeconds) headers.delete('retry-after');
      return { request, status: answer.status, headers, bodyAsText: answer.body.toString('utf8') };
    },
  };
}

function headersOf({ headers, body }: PipelineRequest): Record<string, string | number> {
  const given = headers.toJSON({ preserveCase: true });
  if (headers.has('content-length') || typeof body !== 'string') return given;
  return { ...given, 'Content-Length': Buffer.byteLength(body) };
}

function bodyOf({ body }: PipelineRequest): { readonly body?: string } {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'string') throw new Error('a request to Azure has a body that is no text');
  return { body };
}
