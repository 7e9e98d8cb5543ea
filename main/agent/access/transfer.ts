import { setTimeout } from 'node:timers/promises';
import nacl from 'tweetnacl';
import { AppError } from '../../model/app-error.ts';
import { tokenBytes } from '../network/limits.ts';
import type { Answer, Network } from '../network/network.ts';
import { userAgent } from '../version.ts';
import type { AppInfo } from './app-info.ts';

const pollTimeoutMs = 60_000;
/** How many polls in a row the login service may answer with an error. */
const failuresAtMost = 3;
const transferOrigin = 'https://login.cloudflareaccess.org';

/** A browser login that is prepared but not opened. */
export interface Transfer {
  /** The address for the browser. Contains the public key only. */
  readonly url: URL;
  /**
   * Waits for the user until the signal aborts. Resolves with the two JWTs.
   * Rejects with `access-login-failed` or `network-untrusted`, or with any error when the signal aborted.
   */
  wait(signal: AbortSignal): Promise<{ readonly appJwt: string; readonly orgJwt: string | undefined }>;
}

/**
 * Prepares the edge's token transfer (cloudflared `token/transfer.go`, `token/encrypt.go`): the browser opens
 * `/cdn-cgi/access/cli` with our NaCl public key, and long polling returns the tokens, sealed to that key.
 */
export function prepareTransfer(options: { readonly network: Network; readonly app: AppInfo }): Transfer {
  const { network, app } = options;
  const pair = nacl.box.keyPair();
  const publicKey = base64UrlPadded(pair.publicKey);
  return {
    url: loginUrl(app, publicKey),
    async wait(signal) {
      for (let failures = 0; ; ) {
        const answer = await poll(network, publicKey, signal);
        if ('sealed' in answer) return open(answer.sealed, pair.secretKey);
        failures = answer.failed === undefined ? 0 : failures + 1;
        // The user is at work in the browser: one error in minutes of polling does not end that.
        if (answer.failed !== undefined && failures === failuresAtMost) throw answer.failed;
      }
    },
  };
}

function loginUrl(app: AppInfo, publicKey: string): URL {
  const redirect = new URL(`https://${app.hostname}`);
  redirect.searchParams.set('aud', app.audience);
  redirect.searchParams.set('token', publicKey);
  // At the root of the host, also for an application of a path.
  const url = new URL('/cdn-cgi/access/cli', redirect);
  url.searchParams.set('aud', app.audience);
  url.searchParams.set('token', publicKey);
  url.searchParams.set('redirect_url', redirect.href);
  url.searchParams.set('send_org_token', 'true');
  url.searchParams.set('edge_token_transfer', 'true');
  return url;
}

/** `failed` is the error of a service that has a fault. Neither: keep waiting. */
type Polled =
  | { readonly sealed: { readonly body: string; readonly serviceKey: string } }
  | { readonly failed?: AppError };

async function poll(network: Network, publicKey: string, signal: AbortSignal): Promise<Polled> {
  const started = performance.now();
  let answer: Answer;
  try {
    answer = await network.request(new URL(`${transferOrigin}/transfer/${publicKey}`), {
      headers: { 'user-agent': userAgent },
      timeoutMs: pollTimeoutMs,
      maxBytes: tokenBytes,
      signal,
    });
  } catch (error) {
    // The poll had no answer for its whole minute, or a network change cut it: the login continues.
    if (!(error instanceof AppError) || !error.retryable) throw error;
    await restUntil(started + 1_000, signal);
    return {};
  }
  if (answer.status >= 500) {
    await restUntil(started + 1_000, signal);
    const message = `Cloudflare's login service answered ${answer.status}.`;
    const hint = 'Try again in a moment.';
    return { failed: new AppError('access-login-failed', message, { hint, retryable: true }) };
  }
  const serviceKey = answer.headers['service-public-key'];
  if (answer.status === 200 && answer.body.length > 0 && typeof serviceKey === 'string') {
    return { sealed: { body: answer.body.toString('latin1'), serviceKey } };
  }
  // "Keep waiting" normally takes most of a minute. If it comes at once, do not overload the service.
  await restUntil(started + 1_000, signal);
  return {};
}

function restUntil(at: number, signal: AbortSignal): Promise<void> {
  return setTimeout(Math.max(0, at - performance.now()), undefined, { signal });
}

/** Opens base64 of a 24-byte nonce and the box, which contains `{"app_token","org_token"}`. */
function open(answer: { readonly body: string; readonly serviceKey: string }, secretKey: Uint8Array) {
  const sealed = new Uint8Array(Buffer.from(answer.body, 'base64'));
  const theirs = new Uint8Array(Buffer.from(answer.serviceKey, 'base64url'));
  const plain =
    sealed.length > nacl.box.nonceLength && theirs.length === nacl.box.publicKeyLength
      ? nacl.box.open(
          sealed.subarray(nacl.box.nonceLength),
          sealed.subarray(0, nacl.box.nonceLength),
          theirs,
          secretKey,
        )
      : null;
  const failed = () =>
    new AppError('access-login-failed', "Cloudflare's answer to the login could not be opened.", {
      hint: 'Connect again to open a new login page.',
      retryable: true,
    });
  if (plain === null) throw failed();
  const tokens = parse(Buffer.from(plain).toString('utf8'));
  if (typeof tokens.app_token !== 'string' || tokens.app_token === '') throw failed();
  return {
    appJwt: tokens.app_token,
    orgJwt: typeof tokens.org_token === 'string' && tokens.org_token !== '' ? tokens.org_token : undefined,
  };
}

/** Drops a parser error: it would quote the unreadable text, perhaps with tokens. */
function parse(text: string): { readonly app_token?: unknown; readonly org_token?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Go's base64.URLEncoding keeps the padding, and the edge compares keys as text. */
function base64UrlPadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
