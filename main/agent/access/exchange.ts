import { AppError } from '../app-error.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import { userAgent } from '../version.ts';

const maxRedirects = 10;

/**
 * Turns an organisation token into an application token without a browser (cloudflared `token/token.go`,
 * exchangeOrgToken): HEAD the application and follow its redirects; `…/cdn-cgi/access/login…` gets the organisation
 * token as cookie `CF_Authorization`, `…/cdn-cgi/access/authorized…` gets the `CF_AppSession` cookie back, and its
 * answer sets the application's `CF_Authorization`.
 *
 * Resolves with undefined when the edge gave none: the organisation's session has ended or the policy wants a new
 * login. Rejects with `access-denied` when the policy does not admit the person, else only with network codes.
 */
export async function exchangeOrgToken(options: {
  readonly network: Network;
  readonly clock: Clock;
  readonly hostname: string;
  readonly authDomain: string;
  readonly orgJwt: string;
}): Promise<string | undefined> {
  const { network, clock, hostname, authDomain, orgJwt } = options;
  const ours = new Set([new URL(`https://${hostname}/`).host, authDomain]);
  let url = new URL(`https://${hostname}/`);
  let appSession: string | undefined;
  for (let hop = 0; hop < maxRedirects; hop++) {
    const isLogin = url.pathname.includes('/cdn-cgi/access/login');
    const isAuthorized = url.pathname.includes('/cdn-cgi/access/authorized');
    // The organisation token goes to the team's own domain and the application, nowhere else.
    const trusted = url.protocol === 'https:' && ours.has(url.host);
    const cookie =
      trusted && isLogin
        ? `CF_Authorization=${orgJwt}`
        : trusted && isAuthorized && appSession !== undefined
          ? `CF_AppSession=${appSession}`
          : undefined;
    const answer = await network.request(url, {
      method: 'HEAD',
      headers: { 'user-agent': userAgent, ...(cookie === undefined ? {} : { cookie }) },
      timeoutMs: 7_000,
    });
    if (answer.status === 403) throw accessDenied(hostname, answer.headers['cf-ray']);
    const cookies = answer.headers['set-cookie'] ?? [];
    appSession = cookieValue(cookies, 'CF_AppSession', clock.now()) ?? appSession;
    const app = cookieValue(cookies, 'CF_Authorization', clock.now());
    if (isAuthorized && app !== undefined) return app;
    const location = answer.headers.location;
    if (isAuthorized || location === undefined || answer.status < 300 || answer.status > 399)
      return undefined;
    const next = URL.parse(location, url);
    if (next === null) return undefined;
    url = next;
  }
  return undefined;
}

/** The policy's refusal. The ray names the request in the administrator's log. */
export function accessDenied(hostname: string, ray: unknown): AppError {
  return new AppError(
    'access-denied',
    `You are signed in, but the Access policy of ${hostname} does not admit you.`,
    {
      hint: `Ask the cluster's owner or your Access administrator for access${typeof ray === 'string' ? `, naming Ray ID ${ray}` : ''}.`,
    },
  );
}

/** The value of a cookie that a `Set-Cookie` header sets and does not at once expire. */
function cookieValue(headers: readonly string[], name: string, now: number): string | undefined {
  for (const header of headers) {
    const [pair = '', ...attributes] = header.split(';');
    const at = pair.indexOf('=');
    if (pair.slice(0, at).trim() !== name) continue;
    const expires = attributes
      .map((text) => /^\s*expires=(.*)$/i.exec(text)?.[1])
      .find((text) => text !== undefined);
    if (expires !== undefined && Date.parse(expires) <= now) continue;
    const value = pair.slice(at + 1).trim();
    if (value !== '') return value;
  }
  return undefined;
}
