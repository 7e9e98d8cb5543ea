import { readFile, unlink } from 'node:fs/promises';
import { z } from 'zod';
import type { Account, SignOut } from '../../../model/account.ts';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import type { OrganisationFiles } from '../../organisation/organisation-files.ts';
import { writeFileAtomic } from '../../storage/write-file-atomic.ts';
import type { LoginProvider } from '../login-provider.ts';
import { type VaultParts, vaultAddress, vaultClient, vaultTokenFile } from './client.ts';
import { signInError, vaultStatus } from './errors.ts';
import { type VaultMethod, vaultSignIn } from './methods.ts';

const lookUpSchema = z.object({
  data: z.object({
    display_name: z.string().optional(),
    expire_time: z.string().nullish(),
    creation_ttl: z.number().optional(),
    ttl: z.number().optional(),
    renewable: z.boolean().optional(),
  }),
});

const asks: Readonly<Record<VaultMethod['method'], Account['asks']>> = {
  oidc: 'browser',
  userpass: 'password',
  ldap: 'password',
  approle: 'nothing',
  kubernetes: 'nothing',
  token: 'nothing',
};

const tokenIsSet = 'VAULT_TOKEN is set, and takes precedence over any session.';
const unsetHint = 'Unset VAULT_TOKEN, restart the agent (`k8s-tunnels quit`) and sign in again.';

/** The limit for Vault to look up a token. */
const lookUpMs = 5_000;

/**
 * The Vault of `VAULT_ADDR`. Stores the token in `~/.vault-token`, in the format of the vault command's own helper
 * (api/tokenhelper: only the token, 0600), which holds one token. `parts` and `login` return current values.
 */
export function createVaultLogin(options: {
  readonly parts: () => VaultParts;
  /** Returns the organisation's login method for the server. */
  readonly login: (address: URL) => VaultMethod | undefined;
  /** The files that the organisation may name. */
  readonly files: OrganisationFiles;
}): LoginProvider {
  const current = () => {
    const parts = options.parts();
    const { VAULT_ADDR = '', VAULT_TOKEN = '' } = parts.env;
    if (VAULT_ADDR === '') return undefined;
    const address = vaultAddress(VAULT_ADDR);
    const login: VaultMethod = options.login(address) ?? { method: 'oidc' };
    return { parts, address, login, file: vaultTokenFile(parts.home), fromEnvironment: VAULT_TOKEN };
  };
  type Current = NonNullable<ReturnType<typeof current>>;

  const here = (session: string): Current => {
    const found = current();
    if (found?.address.host === session) return found;
    throw new AppError('not-found', `VAULT_ADDR is not ${session} any more.`);
  };

  const describe = async (
    { parts, address, login, file }: Current,
    token: string,
    fromFile: boolean,
  ): Promise<Account> => {
    const account: Account = {
      provider: 'vault',
      session: address.host,
      status: token === '' ? 'signed-out' : 'signed-in',
      renews: false,
      store: fromFile ? file : 'VAULT_TOKEN',
      asks: asks[login.method],
      ours: fromFile && login.method !== 'token',
    };
    if (token === '') return account;
    const client = await vaultClient({ parts, address, token, signal: AbortSignal.timeout(lookUpMs) });
    try {
      const { data } = lookUpSchema.parse(await client.tokenLookupSelf());
      const { display_name: who, expire_time: ends, creation_ttl = 0, ttl = 0, renewable = false } = data;
      const endsAt = ends == null ? undefined : Date.parse(ends);
      // Half of its lifetime is over: renew it, which is free. The next answer has the new expiry.
      if (renewable && ttl * 2 < creation_ttl) await client.tokenRenewSelf().catch(() => {});
      return {
        ...account,
        ...(who === undefined ? {} : { who }),
        ...(endsAt === undefined ? {} : { endsAt }),
      };
    } catch (error) {
      return vaultStatus(error) === 403 ? { ...account, status: 'ended' } : account;
    }
  };

  return {
    kind: 'vault',
    title: 'Vault',
    setUp: 'Set VAULT_ADDR, or set up by your organisation’s address: `k8s-tunnels setup acme.example`.',
    async accounts() {
      let found: Current | undefined;
      try {
        found = current();
      } catch {
        // Discovery reports a wrong address.
      }
      if (found === undefined) return [];
      const kept = await read(found.file);
      const isBlocked = found.fromEnvironment !== '';
      const accounts = await Promise.all([
        ...(isBlocked ? [describe(found, found.fromEnvironment, false)] : []),
        describe(found, kept, true),
      ]);
      return accounts.map((account) =>
        account.ours && account.status !== 'signed-in'
          ? {
              ...account,
              ...(isBlocked ? { blocked: `${tokenIsSet} ${unsetHint}` } : { needed: true }),
            }
          : account,
      );
    },
    async signIn(request) {
      const { parts, address, login, file, fromEnvironment } = here(request.session);
      if (fromEnvironment !== '') {
        throw new AppError('bad-input', tokenIsSet, { hint: unsetHint });
      }
      const client = await vaultClient({ parts, address, token: '', signal: request.signal });
      let token: string;
      try {
        token = await vaultSignIn({ client, login, request, files: options.files });
      } catch (error) {
        throw signInError(error, address, { ...login, asked: asks[login.method] === 'password' });
      }
      request.signal.throwIfAborted();
      await writeFileAtomic(file, token);
    },
    async signOut(session): Promise<SignOut> {
      const { parts, address, file, fromEnvironment } = here(session);
      const token = await read(file);
      let revoked = false;
      if (token !== '') {
        const client = await vaultClient({ parts, address, token, signal: AbortSignal.timeout(lookUpMs) });
        revoked = await client.tokenRevokeSelf().then(
          () => true,
          () => false,
        );
        await unlink(file).catch((error: unknown) => {
          if (errnoOf(error) !== 'ENOENT') throw error;
        });
      }
      return {
        removed: token === '' ? [] : [`The Vault token of ${session} (${file})${revoked ? ', revoked' : ''}`],
        remaining: [
          ...(token !== '' && !revoked
            ? [
                `The token itself: Vault at ${session} could not be notified, so it stays valid until it expires.`,
              ]
            : []),
          ...(fromEnvironment === '' ? [] : ['The token in VAULT_TOKEN.']),
          ...(token === '' ? [] : ['The session at your identity provider, in the browser.']),
        ],
      };
    },
  };
}

async function read(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim();
}
