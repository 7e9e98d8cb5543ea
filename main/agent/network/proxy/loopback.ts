import type { Environment } from '../../parts.ts';
import { noProxyRule } from './no-proxy.ts';

const proxies = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];

/**
 * Returns the variable that names a proxy which also gets the requests for a port of 127.0.0.1, because NO_PROXY does not
 * name that. Undefined if there is none. Go leaves such requests out, and most other languages do not.
 */
export function loopbackProxy(env: Environment, port: number): string | undefined {
  const isExcepted = noProxyRule(env.no_proxy || env.NO_PROXY || '');
  return isExcepted('127.0.0.1', port) ? undefined : proxies.find((name) => (env[name] ?? '').trim() !== '');
}
