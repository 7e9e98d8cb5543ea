import type { IncomingMessage } from 'node:http';
import type { Sessions } from './sessions.ts';

export type Admission =
  | { readonly kind: 'page' }
  /** A token was spent: the session's cookie is to be set. */
  | { readonly kind: 'opened'; readonly cookie: string }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 405 | 421; readonly reason: string };

/** Where a token is spent. */
export const tokenPath = '/open/';

/**
 * Decides on a request before anything else looks at it. `Host` must be ours, which stops a name that was rebound to
 * 127.0.0.1; whatever is no plain GET must come from our own page; all but the token's address needs the cookie.
 */
export function admit(
  request: IncomingMessage,
  options: { readonly port: number; readonly sessions: Sessions; readonly upgrade: boolean },
): Admission {
  const { port, sessions, upgrade } = options;
  const { host = '', origin, cookie } = request.headers;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(host)) return refused(421, 'This address is not served here.');
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  if ((upgrade || !isGet || origin !== undefined) && origin !== `http://${host}`) {
    return refused(403, 'A page of another origin may not ask this.');
  }
  if (!isGet) return refused(405, 'Only GET is answered here.');
  const pathname = request.url ?? '/';
  const name = `k8s-tunnels-${port}`;
  if (!upgrade && request.method === 'GET' && pathname.startsWith(tokenPath)) {
    const session = sessions.redeem(pathname.slice(tokenPath.length));
    return session === undefined
      ? refused(403, 'This address was used before or is too old. Run `k8s-tunnels serve` for a new one.')
      : { kind: 'opened', cookie: `${name}=${session}; HttpOnly; SameSite=Strict; Path=/` };
  }
  const known = (cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .some((pair) => pair.startsWith(`${name}=`) && sessions.isOpen(pair.slice(name.length + 1)));
  return known ? { kind: 'page' } : refused(401, 'Open the address that `k8s-tunnels serve` printed.');
}

function refused(status: 401 | 403 | 405 | 421, reason: string): Admission {
  return { kind: 'refused', status, reason };
}
