import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import type { OidcConsents } from './consents.ts';
import type { OidcIssuer } from './issuer.ts';
import type { OidcTokens } from './tokens.ts';

/** Makes ID tokens for API servers that the user allowed. The tokens are cached by user. */
export function oidcCredentials(options: {
  readonly tokens: Pick<OidcTokens, 'idToken'>;
  readonly consents: Pick<OidcConsents, 'check'>;
}): CredentialProviderOf<'oidc'> {
  const { tokens, consents } = options;
  return {
    kind: 'oidc',
    async prepare({ source, cluster, server }) {
      await consents.check(cluster, server);
      return { identity: undefined, make: () => oidcCredential(tokens, source) };
    },
  };
}

/**
 * Returns the ID token that a cluster's API server accepts; the cluster names its issuer and application. Rejects as
 * `idToken` does.
 */
export async function oidcCredential(
  tokens: Pick<OidcTokens, 'idToken'>,
  issuer: OidcIssuer,
): Promise<Credential> {
  const { token, expiresAt } = await tokens.idToken(issuer);
  return { kind: 'token', token, expiresAt };
}
