import type { Provider, ProviderParts } from '../provider.ts';
import { createOidcConsents, type OidcConsents } from './consents.ts';
import { oidcCredentials } from './credential.ts';
import type { OidcIssuer } from './issuer.ts';
import { createOidcLogin } from './login.ts';
import { createOidcTokens } from './tokens.ts';

/** Provides ID tokens for clusters that name an OpenID Connect issuer, whichever source found them. */
export function oidcProvider(shared: ProviderParts): {
  readonly oidc: Provider;
  readonly consents: OidcConsents;
} {
  const { network, clock, logger, folders, clusters } = shared;
  const sessionFile = shared.openSessionFile({
    name: 'oidc-sign-ins.json',
    title: 'OpenID Connect',
    login: 'login oidc',
  });
  /** The issuers that clusters name. */
  const issuers = (): readonly OidcIssuer[] =>
    clusters().flatMap(({ credential }) => (credential?.kind === 'oidc' ? [credential] : []));
  const tokens = createOidcTokens({ file: sessionFile, network, clock, logger, issuers });
  const consents = createOidcConsents({ folder: folders.state, clock, logger, issuers });
  return {
    oidc: {
      login: createOidcLogin({ network, clock, tokens, consents, file: sessionFile.store, issuers }),
      credential: oidcCredentials({ tokens, consents }),
      sessionFile,
    },
    consents,
  };
}
