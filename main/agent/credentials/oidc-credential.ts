import type { OidcIssuer } from '../logins/oidc-issuer.ts';
import type { OidcTokens } from '../logins/oidc-tokens.ts';
import type { Credential } from './credentials.ts';

/** The id token that a cluster's API server takes, whose issuer and application it names. Rejects as `idToken` does. */
export async function oidcCredential(tokens: OidcTokens, issuer: OidcIssuer): Promise<Credential> {
  const { token, expiresAt } = await tokens.idToken(issuer);
  return { kind: 'token', token, expiresAt };
}
