import type { Environment } from '../../parts.ts';
import { noProxyRule } from './no-proxy.ts';

/** A proxy that an environment variable names. */
export interface ProxyServer {
  /** The protocol: HTTP CONNECT in the clear or over TLS (RFC 9110, 9.3.6), or SOCKS5 (RFC 1928). */
  readonly kind: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  /** Percent-decoded. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
  /** The variable that names it, for messages: the address itself may contain a password. */
  readonly variable: string;
}

/** The route to a host. `unusable`: a proxy is configured, but its address is invalid. */
export type Route =
  | { readonly kind: 'direct' }
  | { readonly kind: 'proxy'; readonly proxy: ProxyServer }
  | { readonly kind: 'unusable'; readonly variable: string };

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Routes {
  /** Returns the route to a host. `scheme` is that of the URL. */
  route(scheme: 'http' | 'https', target: Target): Route;
  /** The variables whose value is not the address of a proxy. */
  readonly unusable: readonly string[];
}

/**
 * Chooses a proxy for each host, from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` in either case, the
 * lower-case name first, as curl does. An invalid value never throws: the hosts that it applies to are `unusable`,
 * since a request that bypasses the proxy would reveal more than its owner wants.
 */
export function proxyRoutes(env: Environment): Routes {
  const bypass = noProxyRule(variableOf(env, 'no_proxy')?.value ?? '');
  const all = routeOf(variableOf(env, 'all_proxy'));
  const byScheme = {
    https: routeOf(variableOf(env, 'https_proxy')) ?? all ?? direct,
    http: routeOf(variableOf(env, 'http_proxy')) ?? all ?? direct,
  };
  const unusable = Object.values(byScheme).flatMap((route) =>
    route.kind === 'unusable' ? route.variable : [],
  );
  return {
    route: (scheme, { host, port }) => (bypass(host, port) ? direct : byScheme[scheme]),
    unusable: [...new Set(unusable)],
  };
}

const direct: Route = { kind: 'direct' };
const kinds: Readonly<Record<string, ProxyServer['kind']>> = {
  'http:': 'http',
  'https:': 'https',
  // Go, and so kubectl, lets the proxy resolve names in both cases: behind a proxy, they often do not resolve
  // elsewhere.
  'socks5:': 'socks5',
  'socks5h:': 'socks5',
};
// As in curl for a proxy without a port, except for 1080 of HTTP proxies, because URL drops the scheme's own port.
const defaultPorts: Readonly<Record<ProxyServer['kind'], number>> = { http: 80, https: 443, socks5: 1080 };

function variableOf(
  env: Environment,
  name: string,
): { readonly name: string; readonly value: string } | undefined {
  return [name, name.toUpperCase()]
    .map((variable) => ({ name: variable, value: env[variable]?.trim() ?? '' }))
    .find(({ value }) => value !== '');
}

/** Returns the route of a variable. An address without a scheme is an HTTP proxy, as in curl and Go. */
function routeOf(variable: ReturnType<typeof variableOf>): Route | undefined {
  if (variable === undefined) return undefined;
  const { name, value } = variable;
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  const kind = kinds[url?.protocol ?? ''];
  if (url === null || kind === undefined || url.hostname === '') return { kind: 'unusable', variable: name };
  const login = loginOf(url);
  if (login === 'damaged') return { kind: 'unusable', variable: name };
  return {
    kind: 'proxy',
    proxy: {
      kind,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? defaultPorts[kind] : Number(url.port),
      login,
      variable: name,
    },
  };
}

function loginOf({ username, password }: URL): ProxyServer['login'] | 'damaged' {
  if (username === '' && password === '') return undefined;
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return 'damaged';
  }
}

/** Returns a proxy's address as a variable contains it. Secret if it contains a password. */
export function hrefOf({ kind, host, port, login }: ProxyServer): string {
  const url = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  url.username = encodeURIComponent(login?.user ?? '');
  url.password = encodeURIComponent(login?.password ?? '');
  return `${kind}:${url.href.slice('http:'.length)}`;
}

/**
 * Returns the variables for a child process written in Go, which does not know `ALL_PROXY`, so that it uses our proxy.
 */
export function proxyVariables(env: Environment): Record<string, string> {
  const { route } = proxyRoutes({ ...env, no_proxy: '', NO_PROXY: '' });
  const way = route('https', { host: '', port: 443 });
  const bypassed = variableOf(env, 'no_proxy')?.value;
  return {
    ...(way.kind === 'proxy' ? { HTTPS_PROXY: hrefOf(way.proxy) } : {}),
    // Go separates them by commas only (golang.org/x/net/http/httpproxy).
    ...(bypassed === undefined ? {} : { NO_PROXY: bypassed.split(/[\s,]+/).join(',') }),
  };
}
