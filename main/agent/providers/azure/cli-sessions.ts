import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { AppError } from '../../../model/app-error.ts';
import type { Network } from '../../network/network.ts';
import type { Environment } from '../../parts.ts';
import { isSealedError, type SignInFile } from '../../sealing/sign-in-file.ts';
import { fileStamp } from '../../storage/file-stamp.ts';
import { type AzureCloud, findAzureCloud } from './azure-cloud.ts';
import type { Challenges } from './challenges.ts';
import { type AzureOwnAccount, readOwnAccounts } from './own-account.ts';

export interface AzureParts {
  readonly env: Environment;
  readonly home: string;
  readonly network: Network;
  /** Where `k8s-tunnels login azure` stores its tokens. */
  readonly ownFile?: SignInFile | undefined;
  /** Keeps what Entra wants to be shown at the next login. */
  readonly challenges?: Challenges | undefined;
}

/** A way to sign in to Azure that this computer is configured for. Files and variables show it without any request. */
export type AzureSignIn =
  | {
      readonly kind: 'environment';
      readonly tenant: string;
      readonly client: string;
      readonly secret: string | undefined;
      readonly certificate: string;
      readonly certificatePassword: string | undefined;
      /** Changes with the content of its certificate's file. */
      readonly user: string;
    }
  | {
      readonly kind: 'workload';
      readonly tenant: string;
      readonly client: string;
      readonly tokenFile: string;
      /** Changes with the content of the file. */
      readonly user: string;
    }
  | {
      readonly kind: 'own';
      readonly file: SignInFile;
      readonly accounts: readonly AzureOwnAccount[];
    }
  | {
      readonly kind: 'cli';
      readonly tenants: readonly string[];
      readonly username: string | undefined;
      /** The users of its tenants, which may be several people's, with a subscription of each. */
      readonly users: ReadonlyMap<string, { readonly username: string; readonly subscription: string }>;
      /** Its token cache, where that is readable (on Linux; elsewhere the system encrypts it). */
      readonly cache: string;
      /** Identifies the signed-in user: two may have the same name, and an application has none. */
      readonly user: string;
    }
  | { readonly kind: 'powershell'; readonly user: string }
  | { readonly kind: 'developer-cli'; readonly user: string };

/** The file that `az login` writes, with a byte order mark; without subscriptions after `az logout`. */
const profileSchema = z.object({
  subscriptions: z.array(
    z.object({
      id: z.string().optional(),
      tenantId: z.string(),
      isDefault: z.boolean().catch(false),
      environmentName: z.string().optional(),
      user: z.object({ name: z.string().optional(), type: z.string().optional() }).catch({}),
    }),
  ),
});
/** The Azure CLI's token cache, in the common format of all MSALs. */
export const cliCacheSchema = z.looseObject({
  Account: z.record(
    z.string(),
    z.looseObject({
      home_account_id: z.string(),
      local_account_id: z.string(),
      realm: z.string(),
      username: z.string().optional(),
    }),
  ),
});
const contextsSchema = z.object({
  DefaultContextKey: z.string().optional().catch(undefined),
  Contexts: z.record(z.string(), z.unknown()),
});
const contextSchema = z.object({ Account: z.object({ Id: z.string() }), Tenant: z.unknown() });
const developerSchema = z.object({ auth: z.object({ account: z.object({ currentUser: z.unknown() }) }) });

/**
 * Returns the sessions in the order in which DefaultAzureCredential tries them, our own before those of other tools,
 * and their cloud: that of `AZURE_AUTHORITY_HOST`, else the one that the Azure CLI is set to. Leaves out an instance's
 * managed identity: requesting it takes seconds on a computer without one.
 */
export async function azureSignIns({
  env,
  home,
  ownFile,
}: Pick<AzureParts, 'env' | 'home' | 'ownFile'>): Promise<{
  readonly signIns: readonly AzureSignIn[];
  /** An error if its addresses are not known. */
  readonly cloud: AzureCloud | AppError;
  /** `login-sealed` if our own session is there and only the desktop app can open it. */
  readonly sealed?: AppError;
}> {
  let sealed: AppError | undefined;
  const cliFolder = env.AZURE_CONFIG_DIR || path.join(home, '.azure');
  const [own, profile, contexts, developer] = await Promise.all([
    ownFile === undefined
      ? []
      : readOwnAccounts(ownFile).catch((error: unknown) => {
          if (!isSealedError(error)) throw error;
          sealed = error;
          return [];
        }),
    readJson(path.join(cliFolder, 'azureProfile.json'), profileSchema),
    readJson(path.join(home, '.Azure', 'AzureRmContext.json'), contextsSchema),
    readJson(path.join(env.AZD_CONFIG_DIR || path.join(home, '.azd'), 'config.json'), developerSchema),
  ]);
  const signIns: AzureSignIn[] = [];
  const { AZURE_TENANT_ID: tenant = '', AZURE_CLIENT_ID: client = '' } = env;
  if (tenant !== '' && client !== '') {
    const secret = env.AZURE_CLIENT_SECRET || undefined;
    const certificate = env.AZURE_CLIENT_CERTIFICATE_PATH ?? '';
    const certificatePassword = env.AZURE_CLIENT_CERTIFICATE_PASSWORD || undefined;
    if (secret !== undefined || certificate !== '') {
      const user = certificate === '' ? '' : await fileStamp(certificate);
      signIns.push({ kind: 'environment', tenant, client, secret, certificate, certificatePassword, user });
    }
    const tokenFile = env.AZURE_FEDERATED_TOKEN_FILE ?? '';
    if (tokenFile !== '')
      signIns.push({ kind: 'workload', tenant, client, tokenFile, user: await fileStamp(tokenFile) });
  }
  if (own.length > 0 && ownFile !== undefined) signIns.push({ kind: 'own', file: ownFile, accounts: own });
  const subscriptions = profile?.subscriptions ?? [];
  const current = subscriptions.find(({ isDefault }) => isDefault) ?? subscriptions[0];
  if (current !== undefined) {
    const tenants = new Set([current, ...subscriptions].map(({ tenantId }) => tenantId));
    const username = current.user.type === 'user' ? current.user.name : undefined;
    const users = new Map(
      [...subscriptions, current].flatMap(({ tenantId, user: { name = '', type }, id = '' }) =>
        type === 'user' ? [[tenantId, { username: name, subscription: id }]] : [],
      ),
    );
    const names = new Set([...users.values()].map((one) => one.username));
    const cache = path.join(cliFolder, 'msal_token_cache.json');
    const accounts = Object.values((await readJson(cache, cliCacheSchema))?.Account ?? {})
      .filter((account) => username === undefined || names.has(account.username ?? ''))
      .map(({ home_account_id: id }) => id);
    const user = JSON.stringify([current.user, [...users], [...new Set(accounts)].sort()]);
    signIns.push({ kind: 'cli', tenants: [...tenants], username, users, cache, user });
  }
  const { Contexts = {}, DefaultContextKey = '' } = contexts ?? {};
  if (Object.keys(Contexts).length > 0) {
    const context = contextSchema.safeParse(Contexts[DefaultContextKey]);
    signIns.push({ kind: 'powershell', user: JSON.stringify(context.data ?? DefaultContextKey) });
  }
  const signedIn = developer?.auth.account.currentUser ?? undefined;
  if (signedIn !== undefined) signIns.push({ kind: 'developer-cli', user: JSON.stringify(signedIn) });
  const cloud = await findAzureCloud({
    authorityHost: env.AZURE_AUTHORITY_HOST ?? '',
    name: current?.environmentName,
    file: path.join(cliFolder, 'clouds.config'),
  });
  return { signIns, cloud, ...(sealed === undefined ? {} : { sealed }) };
}

export async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    return schema.safeParse(JSON.parse(text.replace(/^\uFEFF/, ''))).data;
  } catch {
    // It is missing, or another program is writing it.
    return undefined;
  }
}

/** Returns the tenants that the sessions name, the default one first. */
export function tenantsOf(signIns: readonly AzureSignIn[]): readonly string[] {
  return [
    ...new Set(
      signIns.flatMap((signIn) =>
        signIn.kind === 'own'
          ? signIn.accounts.flatMap(({ tenants }) => tenants)
          : 'tenants' in signIn
            ? signIn.tenants
            : 'tenant' in signIn
              ? [signIn.tenant]
              : [],
      ),
    ),
  ];
}

/** Returns a tenant of each signed-in account: what one account sees does not include the tenants of another. */
export function homesOf(signIns: readonly AzureSignIn[]): readonly (string | undefined)[] {
  const homes = signIns.flatMap((signIn): readonly (string | undefined)[] => {
    if (signIn.kind === 'own') return signIn.accounts.map(({ tenants }) => tenants[0]);
    if (signIn.kind !== 'cli') return [];
    const byUser = Map.groupBy(signIn.users, ([, { username }]) => username);
    return [...byUser.values()].map(([first]) => first?.[0]);
  });
  const [first] = tenantsOf(signIns);
  return [...new Set([first, ...homes])];
}
