import { type Credentials, createCredentials } from '../../../main/agent/credentials/credentials.ts';
import type { Network } from '../../../main/agent/network/network.ts';
import type { Clock, Environment } from '../../../main/agent/parts.ts';
import type { Aws } from '../../../main/agent/providers/aws/aws.ts';
import { eksCredentials } from '../../../main/agent/providers/aws/credential.ts';
import { aksCredentials } from '../../../main/agent/providers/azure/credential.ts';
import { fileCredentials } from '../../../main/agent/providers/file/credential.ts';
import { gkeCredentials } from '../../../main/agent/providers/gcp/credential.ts';
import { oidcCredentials } from '../../../main/agent/providers/oidc/credential.ts';
import type { OidcTokens } from '../../../main/agent/providers/oidc/tokens.ts';
import { vaultCredentials } from '../../../main/agent/providers/vault/credential.ts';
import type { VaultServer } from '../../../main/agent/providers/vault/servers.ts';
import type { VaultSessions } from '../../../main/agent/providers/vault/sessions.ts';
import type { SignInFile } from '../../../main/agent/sealing/sign-in-file.ts';
import { anyConsent, noOidc } from './no-oidc.ts';

/** The credentials of every provider, for a user who is set up by these files and variables. */
export function credentialsOf(options: {
  readonly clock: Clock;
  readonly network: Network;
  readonly env: Environment;
  readonly home: string;
  /** None where no cluster is of AWS. */
  readonly aws?: Aws;
  readonly googleFile?: SignInFile;
  readonly azureFile?: SignInFile;
  readonly oidc?: OidcTokens;
  readonly servers?: readonly VaultServer[];
  readonly sessions?: VaultSessions;
}): Credentials {
  const { clock, network, env, home, aws, googleFile, azureFile, oidc = noOidc, servers = [] } = options;
  const parts = { env, home, network, clock };
  return createCredentials({
    clock,
    providers: [
      ...(aws === undefined ? [] : [eksCredentials(aws)]),
      aksCredentials({ ...parts, ownFile: azureFile }),
      gkeCredentials({ ...parts, ownFile: googleFile }),
      vaultCredentials({ parts: () => ({ ...parts, sessions: options.sessions }), servers: () => servers }),
      oidcCredentials({ tokens: oidc, consents: anyConsent }),
      fileCredentials(parts),
    ].map((credential) => ({ credential })),
  });
}
