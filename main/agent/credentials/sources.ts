import path from 'node:path';
import { portalIn } from '../../model/aws-portals.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { Parts } from '../agent.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Network } from '../network/network.ts';
import { vaultEnvironment, vaultServers } from '../organisation/vault-environment.ts';
import { createAws } from '../providers/aws/aws.ts';
import { createOidcConsents } from '../providers/oidc/consents.ts';
import type { OidcIssuer } from '../providers/oidc/issuer.ts';
import { createOidcTokens } from '../providers/oidc/tokens.ts';
import { openSignInFile } from '../sealing/sign-in-file.ts';
import { createCredentials } from './credentials.ts';

/** What credentials are made from, and where our own sign-ins are kept: the same with an agent and without. */
export function credentialSources(options: {
  readonly parts: Pick<Parts, 'env' | 'paths' | 'clock' | 'logger' | 'sealer'>;
  readonly network: Network;
  readonly catalog: Catalog;
  /** The organisation's configuration that counts at the moment. */
  readonly organisation: () => Organisation | undefined;
  /** The user's own access portals of AWS: `portalText`. */
  readonly awsPortals: () => readonly string[];
  /** Tells the person. */
  readonly notice: (message: string) => void;
}) {
  const { parts, network, catalog, organisation, notice } = options;
  const { env, paths, clock, logger, sealer } = parts;
  const places = { env, home: paths.home, network, clock };
  const aws = createAws({
    ...places,
    organisation: () => {
      const { identityCenter = [], roles = [] } = organisation()?.sources?.eks ?? {};
      const own = options.awsPortals().flatMap((text) => portalIn(text) ?? []);
      return { portals: [...identityCenter, ...own], roles };
    },
    logger,
    folder: paths.state,
  });
  const signInFile = (name: string, title: string, login: string) =>
    openSignInFile({ path: path.join(paths.state, name), sealer, title, login, notice });
  const azureFile = signInFile('azure-sign-in.json', 'Azure', 'login azure');
  const oidcFile = signInFile('oidc-sign-ins.json', 'OpenID Connect', 'login oidc');
  const googleFile = signInFile('google-sign-in.json', 'Google Cloud', 'login gcp');
  /** Those that the clusters name. */
  const issuers = (): readonly OidcIssuer[] =>
    catalog.clusters().flatMap(({ credential }) => (credential?.kind === 'oidc' ? [credential] : []));
  const oidc = createOidcTokens({ file: oidcFile, network, clock, logger, issuers });
  const consents = createOidcConsents({ folder: paths.state, clock, logger, issuers });
  const credentials = createCredentials({
    ...places,
    googleFile,
    azureFile,
    aws,
    oidc,
    consents,
    vault: () => ({ env: vaultEnvironment(env, organisation()), servers: vaultServers(organisation()) }),
  });
  return { aws, azureFile, oidcFile, googleFile, issuers, oidc, consents, credentials };
}
