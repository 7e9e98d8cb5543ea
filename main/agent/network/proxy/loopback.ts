import type { Environment } from '../../parts.ts';
import { proxyRoutes } from './routes.ts';

/**
 * Returns the variable that names a proxy which also gets the requests for a port of 127.0.0.1, because NO_PROXY does not
 * name that. Undefined if there is none. Go leaves such requests out, and most other languages do not.
 */
export function loopbackProxy(env: Environment, port: number): string | undefined {
  const route = proxyRoutes(env).route('https', { host: '127.0.0.1', port });
  switch (route.kind) {
    case 'direct':
      return undefined;
    case 'proxy':
      return route.proxy.variable;
    case 'unusable':
      return route.variable;
  }
}
