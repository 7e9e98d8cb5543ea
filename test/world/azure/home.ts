import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCache } from '../compile-cache.ts';
import type { Plan } from '../plan.ts';
import { authorityHost, cliApplication } from './entra.ts';

/** Writes `.azure` as `az login` leaves it: who is signed in with what subscriptions, and the tokens. */
export async function writeAzureHome(options: {
  readonly home: string;
  readonly plan: Plan;
  readonly person: string;
  readonly refreshToken: string;
  /** Another person, who has signed in too: the subscriptions of the last tenant are theirs. */
  readonly other?: { readonly person: string; readonly refreshToken: string };
}): Promise<void> {
  const { home, plan, person, refreshToken, other } = options;
  const [first] = plan.azure.tenants;
  const last = plan.azure.tenants.at(-1);
  const profile = {
    installationId: '7d1e2f30-0000-4000-8000-000000000001',
    subscriptions: plan.azure.subscriptions.map(({ id, tenant, name }, index) => ({
      id,
      name,
      state: 'Enabled',
      user: { name: tenant === last?.id ? (other?.person ?? person) : person, type: 'user' },
      isDefault: index === 0,
      tenantId: tenant,
      environmentName: 'AzureCloud',
      homeTenantId: tenant,
      tenantDefaultDomain: plan.azure.tenants.find((one) => one.id === tenant)?.domain,
      managedByTenants: [],
    })),
  };
  const cache = cacheOf([
    { account: `3e3e3e3e-0000-4000-8000-000000000001.${first?.id ?? ''}`, person, refreshToken },
    ...(other === undefined
      ? []
      : [{ account: `3e3e3e3e-0000-4000-8000-000000000002.${last?.id ?? ''}`, ...other }]),
  ]);
  const folder = path.join(home, '.azure');
  await mkdir(folder, { recursive: true });
  // The Azure CLI writes this one with a byte order mark.
  await writeFile(path.join(folder, 'azureProfile.json'), `\uFEFF${JSON.stringify(profile)}`, {
    mode: 0o600,
  });
  await writeFile(path.join(folder, 'msal_token_cache.json'), JSON.stringify(cache), { mode: 0o600 });
}

function cacheOf(
  people: readonly { readonly account: string; readonly person: string; readonly refreshToken: string }[],
) {
  const realmOf = (account: string) => account.split('.')[1] ?? '';
  return {
    Account: Object.fromEntries(
      people.map(({ account, person }) => [
        `${account}-${authorityHost}-${realmOf(account)}`,
        {
          home_account_id: account,
          environment: authorityHost,
          realm: realmOf(account),
          local_account_id: account.split('.')[0],
          username: person,
          authority_type: 'MSSTS',
        },
      ]),
    ),
    RefreshToken: Object.fromEntries(
      people.map(({ account, refreshToken }) => [
        `${account}-${authorityHost}-refreshtoken-${cliApplication}--`,
        {
          credential_type: 'RefreshToken',
          secret: refreshToken,
          home_account_id: account,
          environment: authorityHost,
          client_id: cliApplication,
        },
      ]),
    ),
  };
}

/** Puts `az` into a folder that is to stand on PATH. */
export async function installAz(bin: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  const program = fileURLToPath(new URL('./az.ts', import.meta.url));
  const file = path.join(bin, 'az');
  // Its requests go through the proxy of the environment, as those of the real one do.
  const settings = Object.entries({ NODE_USE_ENV_PROXY: '1', ...compileCache });
  const set = settings.map(([name, value]) => `${name}='${value}'`).join(' ');
  await writeFile(file, `#!/bin/sh\n${set} exec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(file, 0o755);
}
