import type { TokenCredential, TokenCredentialOptions } from '@azure/identity';
import { AppError } from '../../../model/app-error.ts';
import type { Network } from '../../network/network.ts';
import type { Environment } from '../../parts.ts';
import type { SignInFile } from '../../sealing/sign-in-file.ts';
import type { AzureCloud } from './azure-cloud.ts';
import type { Challenges } from './challenges.ts';
import { type AzureSignIn, cliCacheSchema, readJson } from './cli-sessions.ts';
import { ownCredential } from './own-account.ts';
import { toolCredential } from './tools.ts';

/** The limit for a vendor's tool to return a token. */
const processTimeoutInMs = 30_000;

/** Returns the SDK's chain over the sessions: the first that can give a token does. Any tenant may be requested. */
export async function chainOf(options: {
  /** Of the vendors' tools. */
  readonly env: Environment;
  readonly signIns: readonly AzureSignIn[];
  readonly cloud: AzureCloud;
  readonly network: Network;
  readonly challenges: Challenges | undefined;
  /** How requests to the authority are sent. */
  readonly options: Pick<TokenCredentialOptions, 'httpClient' | 'retryOptions'>;
}): Promise<TokenCredential> {
  const { env, signIns, cloud, network, challenges } = options;
  const identity = await import('@azure/identity');
  const multiTenant = { additionallyAllowedTenants: ['*'] };
  const overHttp = { ...multiTenant, authorityHost: cloud.authority, ...options.options };
  const create = (signIn: AzureSignIn): TokenCredential | Promise<TokenCredential> => {
    switch (signIn.kind) {
      case 'environment': {
        const { tenant, client, secret, certificate, certificatePassword } = signIn;
        if (secret !== undefined)
          return new identity.ClientSecretCredential(tenant, client, secret, overHttp);
        const file = {
          certificatePath: certificate,
          ...(certificatePassword === undefined ? {} : { certificatePassword }),
        };
        return new identity.ClientCertificateCredential(tenant, client, file, overHttp);
      }
      case 'workload': {
        const { tenant: tenantId, client: clientId, tokenFile: tokenFilePath } = signIn;
        return new identity.WorkloadIdentityCredential({ ...overHttp, tenantId, clientId, tokenFilePath });
      }
      case 'own': {
        const { file, accounts } = signIn;
        const tenant = accounts[0]?.tenants[0] ?? 'organizations';
        return ownCredential({ network, challenges, file, authority: cloud.authority, tenant });
      }
      case 'cli': {
        const { username, users, cache, tenants } = signIn;
        // `--tenant` gets a token of the current user, who may not be this tenant's.
        const cli = toolCredential('az', env, (tenant) => {
          const user = users.get(tenant);
          return user?.username === username ? undefined : user?.subscription;
        });
        if (username === undefined) return cli;
        const [tenant = 'organizations'] = tenants;
        const authority = cloud.authority;
        // Without a child process, if its tokens are readable. Never writes them: that is left to the CLI.
        return ownCredential({
          network,
          challenges,
          file: onlyRead(cache),
          authority,
          tenant,
          usernameIn: (one) => users.get(one)?.username,
        }).then((read) => ({
          getToken: (...asked) =>
            read.getToken(...asked).catch((error: unknown) => {
              // If the network failed, the tool would wait for it too.
              if (error instanceof AppError) throw error;
              return cli.getToken(...asked);
            }),
        }));
      }
      case 'powershell':
        // Runs the SDK's own script, which ends its process after the same time.
        return new identity.AzurePowerShellCredential({ ...multiTenant, processTimeoutInMs });
      case 'developer-cli':
        return toolCredential('azd', env);
    }
  };
  return new identity.ChainedTokenCredential(...(await Promise.all(signIns.map(create))));
}

/**
 * Opens the Azure CLI's token cache, read-only. MSAL for Python writes it, in the common format of all MSALs, but
 * without the profiles from which MSAL for Node takes an account's tenants.
 */
function onlyRead(file: string): SignInFile {
  return {
    path: file,
    store: file,
    async read() {
      const cache = await readJson(file, cliCacheSchema);
      if (cache === undefined) return undefined;
      const accounts = Object.entries(cache.Account).map(([key, account]) => {
        const { home_account_id: home, local_account_id: localAccountId, realm: tenantId } = account;
        const profile = { tenantId, localAccountId, isHomeTenant: home.endsWith(`.${tenantId}`) };
        return [key, { ...account, tenantProfiles: [JSON.stringify(profile)] }];
      });
      return JSON.stringify({ ...cache, Account: Object.fromEntries(accounts) });
    },
    write: async () => {},
    remove: async () => false,
  };
}
