import { tokenBytes } from './limits.ts';
import type { Network } from './network.ts';

/**
 * Creates a `fetch` for sign-in libraries that uses our own network, so that its proxy, CA certificates and limits
 * apply. Such answers contain tokens and keys.
 */
export function networkFetch(network: Network): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input instanceof Request ? input.url : input));
    const answer = await network.request(url, {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(init.body === undefined || init.body === null ? {} : { body: String(init.body) }),
      signal: init.signal ?? undefined,
      maxBytes: tokenBytes,
    });
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    // These statuses have no body, and `Response` accepts none with them.
    const body = [204, 205, 304].includes(answer.status) ? null : new Uint8Array(answer.body);
    return new Response(body, { status: answer.status, headers });
  };
}
