import { AppError } from '../../model/app-error.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import { userAgent } from '../version.ts';
import { denialMessage } from './denial-page.ts';
import { edgeAnswer, isEdgeFault, stoppedAtHead, stoppedByEdge, unanswered } from './edge-answer.ts';

const maxRedirects = 10;

/** The result of an exchange. */
export type Exchanged =
  | { readonly kind: 'token'; readonly jwt: string }
  /** The policy denies the user. */
  | { readonly kind: 'denied'; readonly denial: Denial }
  /** The edge issued no token: the organisation's session has ended, or the policy requires a new login. */
  | { readonly kind: 'none' };

/** The details of a denial. */
export interface Denial {
  /** Identifies the request in the administrator's log. */
  readonly ray?: string;
  /** The application administrator's message for users who are denied. */
  readonly message?: string;
}

/**
 * Exchanges an organisation token for an application token without a browser (cloudflared `token/token.go`,
 * exchangeOrgToken): HEAD the application and follow its redirects. `…/cdn-cgi/access/login…` gets the organisation
 * token as cookie `CF_Authorization`, `…/cdn-cgi/access/authorized…` gets the `CF_AppSession` cookie back, and its
 * answer sets the application's `CF_Authorization`. The login is a GET, as in a browser, so that a denial includes its
 * page. Each exchange is a line in the organisation's log of logins. Rejects with network codes, and with `edge-failed` if
 * Cloudflare stopped a request or has a fault: neither says anything about the session or the policy.
 */
export async function exchangeOrgToken(options: {
  readonly network: Network;
  readonly clock: Clock;
  readonly hostname: string;
  readonly authDomain: string;
  readonly orgJwt: string;
}): Promise<Exchanged> {
  const { network, clock, hostname, authDomain, orgJwt } = options;
  const ours = new Set([new URL(`https://${hostname}/`).host, authDomain]);
  let url = new URL(`https://${hostname}/`);
  let appSession: string | undefined;
  for (let hop = 0; hop < maxRedirects; hop++) {
    const isLogin = url.pathname.includes('/cdn-cgi/access/login');
    const isAuthorized = url.pathname.includes('/cdn-cgi/access/authorized');
    // Send requests only to the team's own domain and the application, never to another host that an answer names.
    if (url.protocol !== 'https:' || !ours.has(url.host)) return { kind: 'none' };
    const cookie = isLogin
      ? `CF_Authorization=${orgJwt}`
      : isAuthorized && appSession !== undefined
        ? `CF_AppSession=${appSession}`
        : undefined;
    const answer = await network.request(url, {
      method: isLogin ? 'GET' : 'HEAD',
      headers: { 'user-agent': userAgent, ...(cookie === undefined ? {} : { cookie }) },
      timeoutMs: 7_000,
      page: true,
    });
    const stopped =
      isLogin || isAuthorized
        ? stoppedByEdge(url.host, edgeAnswer(answer))
        : await stoppedAtHead(network, url, answer);
    if (stopped !== undefined) throw stopped;
    // An application that passes the request on has no token to give, whatever its origin answers.
    if (isEdgeFault(answer.status)) throw unanswered(url.host, answer.status, 'a token');
    if (answer.status === 403) {
      const ray = answer.headers['cf-ray'];
      const message = denialMessage(answer.body.toString('utf8'));
      return {
        kind: 'denied',
        denial: {
          ...(typeof ray === 'string' ? { ray } : {}),
          ...(message === undefined ? {} : { message }),
        },
      };
    }
    const cookies = answer.headers['set-cookie'] ?? [];
    appSession = cookieValue(cookies, 'CF_AppSession', clock.now()) ?? appSession;
    const app = cookieValue(cookies, 'CF_Authorization', clock.now());
    if (isAuthorized && app !== undefined) return { kind: 'token', jwt: app };
    const location = answer.headers.location;
    if (isAuthorized || location === undefined || answer.status < 300 || answer.status > 399)
      return { kind: 'none' };
    const next = URL.parse(location, url);
    if (next === null) return { kind: 'none' };
    url = next;
  }
  return { kind: 'none' };
}

/** Creates the error for a denial by the policy. The Ray ID identifies the request in the administrator's log. */
export function accessDenied(hostname: string, ray: unknown): AppError {
  return new AppError(
    'access-denied',
    `You are signed in, but the Access policy of ${hostname} denies you access.`,
    {
      hint: `Ask the cluster's owner or your Access administrator for access${typeof ray === 'string' ? `, naming Ray ID ${ray}` : ''}.`,
    },
  );
}

/** Returns the value of a cookie that a `Set-Cookie` header sets without expiring it at once. */
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
