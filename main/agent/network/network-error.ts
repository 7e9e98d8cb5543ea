import { AppError, errnoOf } from '../../model/app-error.ts';

/** Creates the error for a host that did not answer in time. */
export function timeoutError(url: URL, ms: number): AppError {
  return new AppError('timeout', `${url.host} did not answer within ${Math.round(ms / 1000)} s.`, {
    hint: 'Check your network connection.',
    retryable: true,
  });
}

/** Creates the error for a request that its caller cancelled. */
export function cancelled({ host }: { readonly host: string }, cause: unknown): AppError {
  return new AppError('cancelled', `The request to ${host} was cancelled.`, { cause });
}

/** Codes of OpenSSL and BoringSSL for a chain that does not end in a CA certificate that we trust. */
const untrusted = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Codes of a certificate that is not acceptable, whoever signed it. Node has no codes for OpenSSL's other reasons. */
const unacceptable = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'UNSPECIFIED',
]);

/** Returns the reason of a failed TLS handshake: its code, or OpenSSL's words where it has none. */
export function tlsReason(cause: unknown): string | undefined {
  const errno = errnoOf(cause);
  const hasNone = errno === undefined || errno === 'UNSPECIFIED';
  return hasNone && cause instanceof Error ? cause.message : errno;
}

/**
 * Converts any connection failure into an AppError. `url` names the host. SDKs that connect through our agents use it
 * too.
 */
export function networkError(url: { readonly host: string }, cause: unknown, proxied = false): AppError {
  if (cause instanceof AppError) return cause;
  const errno = errnoOf(cause);
  if (errno === 'ABORT_ERR') return cancelled(url, cause);
  if (errno === 'CERT_HAS_EXPIRED' || errno === 'CERT_NOT_YET_VALID') {
    const what = errno === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return new AppError('network-untrusted', `The certificate of ${url.host} ${what} (${errno}).`, {
      hint: `Check the clock of this computer: it says ${new Date().toISOString()}. If that is right, ask the administrator of ${url.host}, or of the TLS inspection in your network.`,
      cause,
    });
  }
  if (errno !== undefined && untrusted.has(errno)) {
    return new AppError(
      'network-untrusted',
      `${url.host} shows a certificate that this computer does not trust (${errno}).`,
      {
        hint: "If your organisation inspects TLS, point NODE_EXTRA_CA_CERTS at its authority's PEM file, then start the agent again: `k8s-tunnels quit`.",
        cause,
      },
    );
  }
  if (errno !== undefined && unacceptable.has(errno)) {
    return new AppError(
      'network-untrusted',
      `${url.host} shows a certificate that cannot be accepted (${tlsReason(cause)}).`,
      {
        hint: `Ask the administrator of ${url.host}, or of the TLS inspection in your network, for another certificate.`,
        cause,
      },
    );
  }
  if (errno?.startsWith('ERR_SSL_') || errno === 'EPROTO') {
    return new AppError('network-unreachable', `TLS with ${url.host} failed (${errno}).`, {
      hint: `Something between you and it may answer in its place, such as the sign-in page of a network, a proxy or a filter: open https://${url.host} in a browser.`,
      retryable: true,
      cause,
    });
  }
  if (errno?.startsWith('HPE_') || errno === 'Z_DATA_ERROR' || errno === 'Z_BUF_ERROR') {
    return new AppError('answer-refused', `${url.host} sent an answer that is not valid HTTP (${errno}).`, {
      hint: 'Check the address: something else may answer there.',
      cause,
    });
  }
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN') {
    const what = errno === 'ENOTFOUND' ? 'has no address' : 'cannot be looked up now';
    return new AppError('network-unreachable', `${url.host} ${what} in DNS (${errno}).`, {
      hint: 'Check your network connection and its DNS servers, whether a VPN has to be on, and the spelling of the name.',
      retryable: true,
      cause,
    });
  }
  return new AppError(
    'network-unreachable',
    `${url.host} cannot be reached (${errno ?? 'connection closed'}).`,
    {
      hint: proxied
        ? 'Check your network connection, HTTPS_PROXY and NO_PROXY.'
        : 'Check your network connection.',
      retryable: true,
      cause,
    },
  );
}
