import type { LoopbackRequest } from '../loopback-server.ts';
import type { Caller, Keyring } from './keyring.ts';
import { expectedSignature, type SignatureClaim } from './signature.ts';

export type Authentication =
  | { readonly status: 'authenticated'; readonly caller: Caller; readonly mayUseEks: boolean }
  | {
      readonly status: 'refused';
      /** Each service words these with codes of its own. */
      readonly kind: 'missing' | 'unknown' | 'signature' | 'expired';
      readonly message: string;
    };

/** Checks a request as AWS does: the scope, the key, its session, the clock, the signature. */
export function authenticate(options: {
  readonly request: LoopbackRequest;
  readonly claim: SignatureClaim | undefined;
  readonly keyring: Keyring;
  readonly disabledRegions: readonly string[];
  /** How far a signature's time may be from the server's: 5 for most services, 15 for STS. */
  readonly skewMinutes: number;
}): Authentication {
  const { request, claim, keyring, disabledRegions, skewMinutes } = options;
  if (claim === undefined) return refused('missing', 'Request is missing Authentication Token');
  const key = keyring.find(claim.accessKeyId);
  // A region that an account has not enabled knows none of the account's keys.
  if (
    key === undefined ||
    disabledRegions.includes(claim.region) ||
    key.sessionToken !== claim.securityToken
  ) {
    return refused('unknown', 'The security token included in the request is invalid.');
  }
  if (key.expired) return refused('expired', 'The security token included in the request is expired');

  const clock = clockComplaint({ timestamp: claim.timestamp, skewMinutes });
  if (clock !== undefined) return refused('signature', clock);
  if (!claim.signedHeaders.includes('host')) {
    return refused('signature', "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (!claim.timestamp.startsWith(claim.date)) {
    return refused(
      'signature',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.date}' != '${claim.timestamp.slice(0, 8)}', from '${claim.timestamp}'.`,
    );
  }
  if (expectedSignature({ request, claim, secretAccessKey: key.secretAccessKey }) !== claim.signature) {
    return refused(
      'signature',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  return { status: 'authenticated', caller: key.caller, mayUseEks: key.mayUseEks };
}

function refused(
  kind: Extract<Authentication, { status: 'refused' }>['kind'],
  message: string,
): Authentication {
  return { status: 'refused', kind, message };
}

function clockComplaint(options: { timestamp: string; skewMinutes: number }): string | undefined {
  const { timestamp, skewMinutes } = options;
  const signedAt = parseTimestamp(timestamp);
  const now = Date.now();
  const skewMs = skewMinutes * 60_000;
  if (signedAt < now - skewMs) {
    return `Signature expired: ${timestamp} is now earlier than ${formatTimestamp(now - skewMs)} (${formatTimestamp(now)} - ${skewMinutes} min.)`;
  }
  if (signedAt > now + skewMs) {
    return `Signature not yet current: ${timestamp} is still later than ${formatTimestamp(now + skewMs)} (${formatTimestamp(now)} + ${skewMinutes} min.)`;
  }
  return undefined;
}

/** Milliseconds since 1970 of `YYYYMMDDTHHMMSSZ`. */
export function parseTimestamp(timestamp: string): number {
  return Date.parse(timestamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function formatTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}
