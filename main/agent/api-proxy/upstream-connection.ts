import type tls from 'node:tls';
import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import type { Credential } from '../providers/credential-provider.ts';
import { secureStream } from '../tunnels/api-connection.ts';
import type { ProxyConnection } from '../tunnels/proxy-dial.ts';

/** How long TLS with the API server may take, ms. */
const handshakeMs = 8_000;
/** After this time without an answer, a second connection is tried as well: the tunnel's spare can be dead unnoticed. */
const patienceMs = 1_500;

/** Opens the tunnel if it is closed, and a connection through it. Rejects as `ClientDial.dial` does. */
export type DialUpstream = (signal: AbortSignal) => Promise<ProxyConnection>;

export type ClientCertificate = Extract<Credential, { kind: 'client-certificate' }>;

/**
 * Opens verified TLS to the API server: to its name, by its certificate authority, with the user's certificate if that is
 * the credential. Rejects as `secureStream` and the dial do.
 */
export async function openSecure(options: {
  readonly dial: DialUpstream;
  readonly clock: Clock;
  readonly protocols: readonly string[];
  readonly certificate: ClientCertificate | undefined;
  readonly signal: AbortSignal;
}): Promise<tls.TLSSocket> {
  const { dial, clock, protocols, certificate, signal } = options;
  /** One for each attempt: a connection may end with the signal that it was dialled with, also later. */
  const attempts = new Set<AbortController>();
  const attempt = async (onDialed = () => {}): Promise<tls.TLSSocket> => {
    const own = new AbortController();
    attempts.add(own);
    const either = AbortSignal.any([signal, own.signal]);
    const { stream, server, served } = await dial(either);
    onDialed();
    if (either.aborted) stream.destroy();
    const limit = { signal: AbortSignal.any([either, AbortSignal.timeout(handshakeMs)]), ms: handshakeMs };
    const secure = await secureStream(stream, server, limit, { protocols, certificate });
    served();
    attempts.delete(own);
    for (const other of attempts) other.abort(new AppError('cancelled', 'The connection is not needed.'));
    return secure;
  };
  const { promise: second, resolve, reject } = Promise.withResolvers<tls.TLSSocket>();
  second.catch(() => {});
  let cancel = () => {};
  let isTried = false;
  const tryAgain = () => {
    if (isTried) return;
    isTried = true;
    attempt().then(resolve, reject);
  };
  const first = attempt(() => {
    cancel = clock.timer(patienceMs, tryAgain);
  });
  first.catch((error: unknown) => {
    if (isWorthAnother(error)) tryAgain();
    else if (!isTried) reject(error);
  });
  try {
    return await Promise.any([first, second]);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors.at(-1) : error;
  } finally {
    cancel();
  }
}

/** Returns true for a failure that a spare connection has which died unnoticed. */
function isWorthAnother(error: unknown): boolean {
  return error instanceof AppError && error.code === 'origin-failed';
}
