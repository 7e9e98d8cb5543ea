import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `az account get-access-token` as the Azure CLI answers it, for the files that `writeAzureHome` writes: a token by
 * the refresh token of the person who is signed in. Anything else is not a command.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string', short: 'o' },
    resource: { type: 'string' },
    scope: { type: 'string' },
    subscription: { type: 'string' },
    tenant: { type: 'string', short: 't' },
  },
});

interface Profile {
  readonly subscriptions: readonly {
    readonly id: string;
    readonly tenantId: string;
    readonly isDefault: boolean;
    readonly user: { readonly name: string };
  }[];
}
interface Cache {
  readonly Account: Readonly<Record<string, { readonly home_account_id: string; readonly username: string }>>;
  readonly RefreshToken: Readonly<
    Record<string, { readonly secret: string; readonly client_id: string; readonly home_account_id: string }>
  >;
}
interface Answer {
  readonly access_token?: string;
  readonly expires_in?: number;
  readonly error_description?: string;
}

const folder = process.env.AZURE_CONFIG_DIR || path.join(process.env.HOME ?? '', '.azure');
const read = <T>(name: string): T | undefined => {
  try {
    return JSON.parse(readFileSync(path.join(folder, name), 'utf8').replace(/^\uFEFF/, '')) as T;
  } catch {
    return undefined;
  }
};
const fail = (text: string): never => {
  console.error(`ERROR: ${text}`);
  process.exit(1);
};

if (positionals.join(' ') !== 'account get-access-token') {
  fail(`'${positionals.join(' ')}' is misspelled or not recognized by the system.`);
}
const subscriptions = read<Profile>('azureProfile.json')?.subscriptions ?? [];
if (values.subscription !== undefined && values.tenant !== undefined)
  fail('Please specify only one of subscription and tenant, not both');
const current =
  values.subscription === undefined
    ? (subscriptions.find(({ isDefault }) => isDefault) ?? subscriptions[0])
    : subscriptions.find(({ id }) => id === values.subscription);
// The real one decrypts the cache where the product cannot read it.
const cache = read<Cache>('msal_token_cache.json') ?? read<Cache>('msal_token_cache.bin');
const account = Object.values(cache?.Account ?? {}).find(({ username }) => username === current?.user.name);
const refreshes = Object.values(cache?.RefreshToken ?? {});
const refresh =
  account === undefined
    ? refreshes[0]
    : refreshes.find((one) => one.home_account_id === account.home_account_id);
if (current === undefined || refresh === undefined) fail("Please run 'az login' to setup account.");
else {
  const tenant = values.tenant ?? current.tenantId;
  const scope = values.scope ?? `${values.resource ?? 'https://management.core.windows.net/'}/.default`;
  const response = await fetch(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: refresh.client_id,
      refresh_token: refresh.secret,
      scope: `${scope} offline_access openid profile`,
    }),
  }).catch((error: unknown) => fail(`Please check your network connection. ${String(error)}`));
  const { access_token, expires_in = 0, error_description = '' } = (await response.json()) as Answer;
  if (access_token === undefined) {
    fail(
      `${error_description}\nInteractive authentication is needed. Please run:\naz login --tenant "${tenant}" --scope "${scope}"`,
    );
  }
  const expires = new Date(Date.now() + expires_in * 1_000);
  const local = new Date(expires.getTime() - expires.getTimezoneOffset() * 60_000);
  console.log(
    JSON.stringify(
      {
        accessToken: access_token,
        expiresOn: local.toISOString().replace('T', ' ').replace('Z', '000'),
        expires_on: Math.floor(expires.getTime() / 1_000),
        ...(values.tenant === undefined ? { subscription: current.id } : {}),
        tenant,
        tokenType: 'Bearer',
      },
      undefined,
      2,
    ),
  );
}
