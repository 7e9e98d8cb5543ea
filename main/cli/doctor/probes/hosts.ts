import { lookup } from 'node:dns/promises';
import type { ClockSkew } from '../../../agent/network/clock-skew.ts';
import { createNetwork, type Network } from '../../../agent/network/network.ts';
import { proxyRoutes } from '../../../agent/network/proxy/routes.ts';
import { trustUsableAuthorities } from '../../../agent/network/trust.ts';
import type { Environment } from '../../../agent/parts.ts';
import { errnoOf, type PlainError, toPlainError } from '../../../model/app-error.ts';

export interface HostFacts {
  readonly hosts: readonly HostAnswer[];
  /** How far the clock is from those of the hosts. Undefined if it is right, or none answered. */
  readonly skew: ClockSkew | undefined;
  /** Files of CA certificates that are named and cannot be used. */
  readonly authorities: readonly PlainError[];
}

export type HostAnswer = { readonly host: string } & (
  | { readonly status: 'answers' }
  /** `code` is that of getaddrinfo(3), such as ENOTFOUND. */
  | { readonly status: 'unresolved'; readonly code: string }
  | { readonly status: 'unreachable'; readonly error: PlainError }
);

/**
 * Asks each host for its front page, through the proxies of the environment and with the CA certificates that the agent
 * trusts. Any answer will do: it is not signed in to. Names are resolved only where no proxy does it.
 */
export async function askHosts(options: {
  readonly hosts: readonly string[];
  readonly env: Environment;
  /** The setting `extraAuthorities`. */
  readonly extraAuthorities: string | undefined;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly resolve?: (host: string) => Promise<unknown>;
}): Promise<HostFacts> {
  const { hosts, env, extraAuthorities: setting, limitMs, signal, resolve = lookup } = options;
  const authorities = trusted({ env, setting });
  const network = createNetwork(env);
  const routes = proxyRoutes(env);
  const ask = async (host: string): Promise<HostAnswer> => {
    if (routes.route('https', { host, port: 443 }).kind === 'direct') {
      const code = await resolve(host).then(
        () => undefined,
        (error: unknown) => errnoOf(error) ?? 'unknown error',
      );
      if (code !== undefined) return { host, status: 'unresolved', code };
    }
    return answerOf(host, { network, limitMs, signal });
  };
  const answers = await Promise.all(hosts.map(ask));
  network.httpsAgent.destroy();
  return { hosts: answers, skew: network.clockSkew(), authorities: authorities.map(toPlainError) };
}

function trusted(options: Parameters<typeof trustUsableAuthorities>[0]): readonly unknown[] {
  try {
    return trustUsableAuthorities(options);
  } catch (error) {
    return [error];
  }
}

async function answerOf(
  host: string,
  options: { readonly network: Network; readonly limitMs: number; readonly signal: AbortSignal },
): Promise<HostAnswer> {
  const { network, limitMs: timeoutMs, signal } = options;
  try {
    await network.request(new URL(`https://${host}/`), { method: 'HEAD', page: true, timeoutMs, signal });
    return { host, status: 'answers' };
  } catch (error) {
    return { host, status: 'unreachable', error: toPlainError(error) };
  }
}
