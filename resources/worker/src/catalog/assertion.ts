import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';

/** The Access application that the catalog is behind. */
export interface AccessApplication {
  /** For example `acme.cloudflareaccess.com`. */
  readonly team: string;
  /** Its audience tags. */
  readonly audiences: readonly string[];
}

export type Verified =
  | { readonly kind: 'valid'; readonly claims: JWTPayload }
  | { readonly kind: 'invalid' }
  /** The team's keys cannot be read. */
  | { readonly kind: 'unavailable' };

/**
 * Access keeps a replaced key valid for 7 days, and a token of a new key makes the keys be read again at once, but not
 * more often than every 30 seconds, because anybody can send tokens of unknown keys.
 */
const keysAge = { cacheMaxAge: 3_600_000, cooldownDuration: 30_000, timeoutDuration: 5_000 };

/** The keys of each team, which stay in the isolate. */
const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/**
 * Verifies the header `Cf-Access-Jwt-Assertion`: an application token (`type` is `app`, so no session token of the
 * organisation) that this team has signed with RS256 for this application, and whose time has come and has not ended.
 *
 * https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/application-token/
 */
export async function verifyAssertion(
  assertion: string | null,
  { team, audiences }: AccessApplication,
): Promise<Verified> {
  if (assertion === null || audiences.length === 0) return { kind: 'invalid' };
  try {
    const { payload } = await jwtVerify(assertion, keysOf(team), {
      algorithms: ['RS256'],
      issuer: `https://${team}`,
      audience: [...audiences],
      requiredClaims: ['exp', 'iat'],
    });
    return payload.type === 'app' ? { kind: 'valid', claims: payload } : { kind: 'invalid' };
  } catch (error) {
    return { kind: isOfToken(error) ? 'invalid' : 'unavailable' };
  }
}

function keysOf(team: string): ReturnType<typeof createRemoteJWKSet> {
  const known = keySets.get(team);
  if (known !== undefined) return known;
  const keys = createRemoteJWKSet(new URL(`https://${team}/cdn-cgi/access/certs`), {
    ...keysAge,
    [customFetch]: (url, options) => fetch(url, options),
  });
  keySets.set(team, keys);
  return keys;
}

/** Returns false if it was not the token that failed, but reading the keys. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC'
  );
}
