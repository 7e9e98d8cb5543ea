import type { Credential } from '../../credentials/credentials.ts';
import type { OidcIssuer } from './issuer.ts';
import type { OidcTokens } from './tokens.ts';

/** The id token that a cluster's API server takes, whose issuer and application it names. Rejects as `idToken` does. */
export async function oidcCredential(tokens: OidcTokens, issuer: OidcIssuer): Promise<Credential> {
  const { token, expiresAt } = await tokens.idToken(issuer);
  return { kind: 'token', token, expiresAt };
}
