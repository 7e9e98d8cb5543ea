import { AppError } from '../../../model/app-error.ts';
import { isLoopback } from '../../../model/organisation-fields.ts';
import {
  type CatalogAnswer,
  catalogAnswerSchema,
  type Envelope,
  envelopeSchema,
  manifestHeader,
} from '../../../model/published-catalog.ts';
import type { Access } from '../../access/access.ts';
import { accessDenied } from '../../access/exchange.ts';
import type { Answer, Network } from '../../network/network.ts';
import { userAgent } from '../../version.ts';
import { refused } from './refused.ts';

export type CatalogAccess = Pick<Access, 'token' | 'serviceToken' | 'reject'>;

export type Answered =
  | { readonly kind: 'unchanged'; readonly manifest: Envelope }
  | { readonly kind: 'changed'; readonly answer: CatalogAnswer; readonly etag: string | undefined };

const timeoutMs = 30_000;

/**
 * Asks the Worker for the catalog, once, or twice if the edge no longer accepts the token of Access. Redirects are not
 * followed. Does not verify the answer. Rejects with `access-login-needed` unless `interactive`, with the other codes of
 * `Access.token`, with `answer-refused`, or as the network does.
 */
export async function askCatalog(options: {
  /** The Worker's address, without `/v1/catalog`. */
  readonly url: string;
  readonly etag: string | undefined;
  readonly network: Pick<Network, 'request'>;
  readonly access: CatalogAccess;
  /** Whether a browser may open. */
  readonly interactive: boolean;
  readonly signal: AbortSignal;
}): Promise<Answered> {
  const { etag, network, access, interactive, signal } = options;
  const url = addressOf(options.url);
  const ask = (proof: Readonly<Record<string, string>>) =>
    network.request(url, {
      headers: {
        'user-agent': userAgent,
        accept: 'application/json',
        'accept-encoding': 'gzip',
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...proof,
      },
      timeoutMs,
      signal,
    });
  // Access is at the edge: nothing on this computer is behind it.
  if (isLoopback(url.hostname)) return read(url, await ask({}), etag);
  const service = await access.serviceToken(url.hostname);
  if (service !== undefined) {
    const { clientId, clientSecret } = service;
    const answer = await ask({ 'cf-access-client-id': clientId, 'cf-access-client-secret': clientSecret });
    if (wantsLogin(answer) || answer.status === 403)
      throw new AppError(
        'access-denied',
        `${url.host} denies access to the service token of ${service.file}.`,
        {
          hint: 'It may have expired, or no policy with the action Service Auth includes it: ask your Access administrator.',
        },
      );
    return read(url, answer, etag);
  }
  const application = applicationOf(options.url);
  for (let round = 0; ; round += 1) {
    const token = await access.token(application, { interactive, signal }).catch((error: unknown) => {
      throw error instanceof AppError && error.code === 'access-login-needed' ? loginNeeded(url) : error;
    });
    const answer = await ask({ 'cf-access-token': token.jwt });
    if (!wantsLogin(answer)) {
      if (answer.status === 403) throw accessDenied(application, answer.headers['cf-ray']);
      return read(url, answer, etag);
    }
    await access.reject(application, token);
    if (round === 1)
      throw new AppError('access-login-failed', `${url.host} does not accept the token that it just gave.`, {
        hint: 'Check that the clock of this computer is right; if it is, ask your Access administrator.',
      });
  }
}

/** Returns the address of the catalog's application of Access, which may share its hostname with others. */
export function applicationOf(base: string): string {
  const url = addressOf(base);
  return url.host + url.pathname;
}

function addressOf(base: string): URL {
  return new URL('v1/catalog', base.endsWith('/') ? base : `${base}/`);
}

function loginNeeded(url: URL): AppError {
  return new AppError(
    'access-login-needed',
    `The organisation's catalog at ${url.host} needs your session of Cloudflare Access.`,
    { hint: 'Run `k8s-tunnels discover`, or refresh in the window, to sign in with the browser.' },
  );
}

function wantsLogin({ status, headers: { location } }: Answer): boolean {
  if (status === 401) return true;
  if (status < 300 || status > 399 || location === undefined) return false;
  return URL.parse(location, 'https://edge.invalid')?.pathname.startsWith('/cdn-cgi/access/login') ?? false;
}

function read(url: URL, { status, headers, body }: Answer, etag: string | undefined): Answered {
  if (status === 304 && etag !== undefined) {
    const header = headers[manifestHeader];
    const manifest = envelopeSchema.safeParse(
      typeof header === 'string' ? jsonOf(Buffer.from(header, 'base64url')) : undefined,
    );
    if (!manifest.success) throw refused(`${url.host} answered without a manifest (HTTP 304)`);
    return { kind: 'unchanged', manifest: manifest.data };
  }
  if (status !== 200)
    throw new AppError('answer-refused', `The organisation's catalog at ${url.host} answered ${status}.`, {
      hint:
        status === 404
          ? 'Nothing may be published there yet: ask who publishes the catalog, and check sources.catalog.url of the configuration.'
          : 'The last one that was accepted is used. If it remains, ask who runs the Worker.',
      retryable: status === 429 || status >= 500,
    });
  const answer = catalogAnswerSchema.safeParse(jsonOf(body));
  if (!answer.success) throw refused(`${url.host} did not answer with a catalog`);
  return { kind: 'changed', answer: answer.data, etag: headers.etag };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
