import { z } from 'zod';
import type { Account, SignOut } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import type { OrganisationFiles } from '../../organisation/organisation-files.ts';
import type { LoginProvider } from '../login-provider.ts';
import { type VaultParts, vaultAddress, vaultClient } from './client.ts';
import { signInError, vaultStatus } from './errors.ts';
import { type VaultMethod, vaultSignIn } from './methods.ts';
import { type VaultTokenStore, vaultTokenStore } from './token.ts';

const lookUpSchema = z.object({
  data: z.object({
    display_name: z.string().optional(),
    expire_time: z.string().nullish(),
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
const unsetHint =
  'Unset VAULT_TOKEN and sign in again. The window needs a new agent for that (`k8s-tunnels quit`).';

/** The limit for Vault to look up a token. */
const lookUpMs = 5_000;

/**
 * The Vault of `VAULT_ADDR`. Stores the token where the vault command would: in `~/.vault-token`, in the format of its
 * own helper (api/tokenhelper: only the token, 0600), or by the user's token helper. Both hold one token. `parts` and `login` return current values.
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
    return { parts, address, login, fromEnvironment: VAULT_TOKEN };
  };
  type Current = NonNullable<ReturnType<typeof current>>;

  const here = (session: string): Current => {
    const found = current();
    if (found?.address.host === session) return found;
    throw new AppError('not-found', `VAULT_ADDR is not ${session} any more.`);
  };

  const describe = async (
    { parts, address, login }: Current,
    token: string,
    store?: VaultTokenStore,
  ): Promise<Account> => {
    const fromStore = store !== undefined;
    const account: Account = {
      provider: 'vault',
      session: address.host,
      status: token === '' ? 'signed-out' : 'signed-in',
      renews: false,
      store: store?.place ?? 'VAULT_TOKEN',
      asks: asks[login.method],
      ours: fromStore && login.method !== 'token',
    };
    if (token === '') return account;
    try {
      const client = await vaultClient({ parts, address, token, signal: AbortSignal.timeout(lookUpMs) });
      const { data } = lookUpSchema.parse(await client.tokenLookupSelf());
      const { display_name: who, expire_time: ends, renewable = false } = data;
      const endsAt = ends == null ? undefined : Date.parse(ends);
      return {
        ...account,
        renews: renewable && parts.renewals !== undefined,
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
      const store = await vaultTokenStore(found.parts).catch(() => undefined);
      const held = (await store?.read().catch(() => '')) ?? '';
      const isBlocked = found.fromEnvironment !== '';
      const accounts = await Promise.all([
        ...(isBlocked ? [describe(found, found.fromEnvironment)] : []),
        ...(store === undefined ? [] : [describe(found, held, store)]),
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
      const { parts, address, login, fromEnvironment } = here(request.session);
      if (fromEnvironment !== '') {
        throw new AppError('bad-input', tokenIsSet, { hint: unsetHint });
      }
      const store = await vaultTokenStore(parts);
      const client = await vaultClient({ parts, address, token: '', signal: request.signal });
      let token: string;
      try {
        token = await vaultSignIn({ client, login, request, files: options.files });
      } catch (error) {
        throw signInError(error, address, { ...login, asked: asks[login.method] === 'password' });
      }
      request.signal.throwIfAborted();
      await store.store(token);
      parts.renewals?.use(address, token);
    },
    async signOut(session): Promise<SignOut> {
      const { parts, address, fromEnvironment } = here(session);
      const store = await vaultTokenStore(parts);
      const token = await store.read();
      let revoked = false;
      if (token !== '') {
        const signal = AbortSignal.timeout(lookUpMs);
        revoked = await vaultClient({ parts, address, token, signal })
          .then((client) => client.tokenRevokeSelf())
          .then(
            () => true,
            () => false,
          );
        await store.erase();
      }
      return {
        removed:
          token === '' ? [] : [`The Vault token of ${session} (${store.place})${revoked ? ', revoked' : ''}`],
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
