/**
 * Lets a page and `serve` prove to each other that they know the same secret, without sending it. Both run this file:
 * it needs only Web Crypto, which a browser offers on loopback (a secure context).
 *
 * The page sends a `Hello`, the server answers with a `Challenge`, the page with an `Answer`, and the server with
 * `Opened`. The server proves itself first, so that a program that listens on the port after `serve` has ended learns
 * nothing and cannot show anything in the page.
 */

/**
 * A secret that opens the window. An `address` secret is part of an address that works once, and is exchanged for a
 * `session` secret. The id is public and identifies the secret.
 */
export interface Secret {
  readonly kind: 'address' | 'session';
  readonly id: string;
  /** 128 bits or more, base64url. Never sent over the WebSocket. */
  readonly key: string;
}

export interface Hello extends Pick<Secret, 'kind' | 'id'> {
  readonly nonce: string;
}
export interface Challenge {
  readonly nonce: string;
  readonly proof: string;
}
export interface Answer {
  readonly proof: string;
}
/** Confirms the session. Messages may follow. */
export interface Opened {
  readonly opened: true;
}

export interface Nonces {
  readonly server: string;
  readonly page: string;
}

/** Close codes of the WebSocket: RFC 6455, IANA's registry for 1012, and two of our own from the private range. */
export const closeCodes = {
  unsupported: 1003,
  policy: 1008,
  /** The agent has ended. A new connection may find the next one. */
  restart: 1012,
  /** The session or the address is unknown or has ended. */
  ended: 4401,
} as const;

/** Returns 128 random bits as base64url. */
export function randomWord(bytes = 16): string {
  return encode(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** Computes a proof. `who` prevents that one end's proof is replayed as the other's. */
export function proofOf(
  { kind, id, key }: Secret,
  who: 'server' | 'page',
  { server, page }: Nonces,
): Promise<string> {
  return hmac(key, [who, kind, id, server, page]);
}

/** Derives the session's secret from a redeemed address. Both ends derive it, so it is never sent. */
export async function sessionAfter({ id, key }: Secret, { server, page }: Nonces): Promise<Secret> {
  return { kind: 'session', id, key: await hmac(key, ['session', server, page]) };
}

const fragment = /^#open=([\w-]{11})\.([\w-]{22})$/;

/** Returns the URL fragment for an address that works once. Browsers never send a fragment in a request. */
export function fragmentOf({ id, key }: Secret): string {
  return `#open=${id}.${key}`;
}

/** Parses such a fragment. Returns undefined for any other. */
export function secretIn(hash: string): Secret | undefined {
  const [, id, key] = fragment.exec(hash) ?? [];
  return id === undefined || key === undefined ? undefined : { kind: 'address', id, key };
}

async function hmac(key: string, parts: readonly string[]): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', encoder.encode(key), algorithm, false, ['sign']);
  const message = encoder.encode(JSON.stringify(parts));
  return encode(new Uint8Array(await crypto.subtle.sign('HMAC', imported, message)));
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
