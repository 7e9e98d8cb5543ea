import type { TokenCredential } from '@azure/identity';
import type {
  AccountInfo,
  ICachePlugin,
  INetworkModule,
  NetworkRequestOptions,
  PublicClientApplication,
} from '@azure/msal-node';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { tokenBytes } from '../../network/limits.ts';
import type { Network } from '../../network/network.ts';
import { isSealedError, type SignInFile } from '../../sealing/sign-in-file.ts';
import type { Challenges } from './challenges.ts';

/** The Azure CLI's own application, which every tenant knows and which may redirect to any port of this computer. */
const clientId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

const cacheSchema = z.looseObject({
  Account: z
    .record(
      z.string(),
      z.looseObject({ username: z.string(), realm: z.string(), home_account_id: z.string() }),
    )
    .default({}),
});

/** A user of `k8s-tunnels login azure`, read from the token file without any request. */
export interface AzureOwnAccount {
  readonly username: string;
  /** Their home tenant first. */
  readonly tenants: readonly string[];
  /** Identifies them as Entra does. */
  readonly user: string;
}

/** Returns everybody who has signed in. Rejects with `login-sealed`. */
export async function readOwnAccounts(file: SignInFile): Promise<readonly AzureOwnAccount[]> {
  try {
    const { Account } = cacheSchema.parse(JSON.parse((await file.read()) ?? ''));
    const byUser = Map.groupBy(Object.values(Account), ({ home_account_id }) => home_account_id);
    return [...byUser].flatMap(([user, accounts]) => {
      const [account] = accounts;
      if (account === undefined) return [];
      const [, home = account.realm] = user.split('.');
      const tenants = new Set([home, ...accounts.map(({ realm }) => realm)]);
      return { username: account.username, tenants: [...tenants], user };
    });
  } catch (error) {
    if (isSealedError(error)) throw error;
    return [];
  }
}

/**
 * Opens MSAL over our own network, with its tokens in a file of ours. `authority` is that of a cloud, without a
 * trailing slash. `failure` returns our own error if the authority was unreachable, because MSAL wraps it in its own.
 */
export async function openOwnApplication(options: {
  readonly network: Network;
  readonly file: SignInFile;
  readonly authority: string;
  readonly tenant: string;
}): Promise<{ readonly application: PublicClientApplication; failure(): AppError | undefined }> {
  const { network, file, authority, tenant } = options;
  const { PublicClientApplication } = await import('@azure/msal-node');
  let last: AppError | undefined;
  const networkClient = networkClientOf(network, (failure) => {
    last = failure;
  });
  const application = new PublicClientApplication({
    auth: { clientId, authority: `${authority}/${tenant}`, clientCapabilities: ['CP1'] },
    cache: { cachePlugin: cachePluginOf(file) },
    system: { networkClient, disableInternalRetries: true },
  });
  return { application, failure: () => last };
}

/** A credential for the SDK's chain: if it needs the user, it is unavailable, like those of the vendors' tools. */
export async function ownCredential(options: {
  readonly network: Network;
  readonly file: SignInFile;
  readonly authority: string;
  readonly tenant: string;
  /** Returns the name of a tenant's user, if that is known. Otherwise each account is tried, the likeliest first. */
  readonly usernameIn?: (tenant: string) => string | undefined;
  readonly challenges?: Challenges | undefined;
}): Promise<TokenCredential> {
  const { authority, usernameIn, challenges } = options;
  const identity = await import('@azure/identity');
  const { AuthError, InteractionRequiredAuthError } = await import('@azure/msal-node');
  const { application, failure } = await openOwnApplication(options);
  return {
    async getToken(asked, { tenantId = options.tenant, claims } = {}) {
      const scopes = [asked].flat();
      const wanted = usernameIn?.(tenantId);
      const accounts = (await application.getAllAccounts())
        .filter(({ username }) => wanted === undefined || username === wanted)
        .toSorted((a, b) => distance(a, tenantId) - distance(b, tenantId));
      let refusal: Error | undefined;
      for (const account of accounts) {
        try {
          const { accessToken, expiresOn } = await application.acquireTokenSilent({
            // Gives MSAL this tenant, because it looks up cached tokens by it, whatever the authority says.
            account: { ...account, tenantId },
            scopes,
            authority: `${authority}/${tenantId}`,
            ...(claims === undefined ? {} : { claims }),
          });
          return { token: accessToken, expiresOnTimestamp: expiresOn?.getTime() ?? Date.now() };
        } catch (error) {
          const unreachable = failure();
          if (unreachable !== undefined) throw unreachable;
          if (!(error instanceof AuthError)) throw error;
          if (refusal !== undefined) continue;
          refusal = error;
          if (error instanceof InteractionRequiredAuthError)
            challenges?.add(tenantId, { scope: scopes[0] ?? '', claims: error.claims || (claims ?? '') });
        }
      }
      if (refusal === undefined) throw new identity.CredentialUnavailableError('Nobody is signed in.');
      throw new identity.AuthenticationRequiredError({ scopes, message: refusal.message });
    },
  };
}

/** Returns how likely an account belongs to a tenant, the likeliest first: at home there, signed in there, neither. */
function distance(account: AccountInfo, tenant: string): number {
  if (account.homeAccountId.endsWith(`.${tenant}`)) return 0;
  return account.tenantProfiles?.has(tenant) === true ? 1 : 2;
}

function cachePluginOf(file: SignInFile): ICachePlugin {
  return {
    async beforeCacheAccess({ tokenCache }) {
      const text = (await file.read().catch(() => undefined)) ?? '';
      if (isJson(text)) tokenCache.deserialize(text);
    },
    async afterCacheAccess({ cacheHasChanged, tokenCache }) {
      if (cacheHasChanged) await file.write(tokenCache.serialize());
    },
  };
}

function networkClientOf(
  network: Network,
  onResult: (failure: AppError | undefined) => void,
): INetworkModule {
  const send = async (method: string, address: string, { headers, body }: NetworkRequestOptions = {}) => {
    try {
      const answer = await network.request(new URL(address), {
        method,
        headers: headers ?? {},
        maxBytes: tokenBytes,
        ...(body === undefined ? {} : { body }),
      });
      // MSAL would read an error page as an empty token.
      if (answer.status >= 500) {
        throw new AppError('azure-failed', `Microsoft Entra answers with ${answer.status}.`, {
          hint: 'Try again in a moment.',
          retryable: true,
        });
      }
      onResult(undefined);
      const named = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
      return {
        status: answer.status,
        headers: Object.fromEntries(named),
        // MSAL parses it, whatever it is.
        body: parsed(answer.body.toString('utf8')),
      };
    } catch (error) {
      onResult(error instanceof AppError ? error : undefined);
      throw error;
    }
  };
  return {
    sendGetRequestAsync: (address, options) => send('GET', address, options),
    sendPostRequestAsync: (address, options) => send('POST', address, options),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: MSAL's interface does not type the body.
function parsed(text: string): any {
  return isJson(text) ? JSON.parse(text) : {};
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
