import { z } from 'zod';
import type { Account, SignOut } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import type { OrganisationFiles } from '../../organisation/organisation-files.ts';
import type { LoginProvider, SignInRequest } from '../login-provider.ts';
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

function asksFor({
  parts,
  login,
}: {
  readonly parts: VaultParts;
  readonly login: VaultMethod;
}): Account['asks'] {
  return login.method === 'token' && parts.store !== undefined ? 'token' : asks[login.method];
}

const tokenIsSet = 'VAULT_TOKEN is set, and takes precedence over any session.';
const unsetHint =
  'Unset VAULT_TOKEN and sign in again. The window needs a new agent for that (`k8s-tunnels quit`).';

/** The limit for Vault to look up a token. */
const lookUpMs = 5_000;

/**
 * Each Vault, by its host. Stores the token of `VAULT_ADDR` where the vault command would: in `~/.vault-token`, in the
 * format of its own helper (api/tokenhelper: only the token, 0600), or by the user's token helper. Both hold one token.
 * Those of the others are in our own file. `parts`, `others` and `login` return current values.
 */
export function createVaultLogin(options: {
  readonly parts: () => VaultParts;
  /** Returns those of Vaults with a session of their own. */
  readonly others?: () => readonly VaultParts[];
  /** Returns the organisation's login method for the server. */
  readonly login: (address: URL) => VaultMethod | undefined;
  /** The files that the organisation may name. */
  readonly files: OrganisationFiles;
}): LoginProvider {
  const serverOf = (parts: VaultParts) => {
    const { VAULT_ADDR = '', VAULT_TOKEN = '' } = parts.env;
    const address = vaultAddress(VAULT_ADDR);
    const login: VaultMethod = options.login(address) ?? { method: 'oidc' };
    return { parts, address, login, fromEnvironment: VAULT_TOKEN };
  };
  type Server = ReturnType<typeof serverOf>;

  const everyParts = () => {
    const own = options.parts();
    return [...((own.env.VAULT_ADDR ?? '') === '' ? [] : [own]), ...(options.others?.() ?? [])];
  };

  const here = (session: string): Server => {
    const parts = everyParts().find(({ env }) => URL.parse(env.VAULT_ADDR ?? '')?.host === session);
    if (parts !== undefined) return serverOf(parts);
    throw new AppError('not-found', `There is no Vault at ${session} any more.`, {
      hint: 'Neither VAULT_ADDR nor your organisation names it.',
    });
  };

  const describe = async (
    { parts, address, login }: Server,
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
      asks: asksFor({ parts, login }),
      // The vault command and VAULT_TOKEN belong to VAULT_ADDR: an issued token of another Vault is typed.
      ours: fromStore && (login.method !== 'token' || parts.store !== undefined),
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

  const accountsAt = async (server: Server): Promise<readonly Account[]> => {
    const store = await vaultTokenStore(server.parts).catch(() => undefined);
    const held = (await store?.read().catch(() => '')) ?? '';
    const isBlocked = server.fromEnvironment !== '';
    const accounts = await Promise.all([
      ...(isBlocked ? [describe(server, server.fromEnvironment)] : []),
      ...(store === undefined ? [] : [describe(server, held, store)]),
    ]);
    return accounts.map((account) =>
      account.ours && account.status !== 'signed-in'
        ? {
            ...account,
            ...(isBlocked ? { blocked: `${tokenIsSet} ${unsetHint}` } : { needed: true }),
          }
        : account,
    );
  };

  return {
    kind: 'vault',
    title: 'Vault',
    setUp: 'Set VAULT_ADDR, or set up by your organisation’s address: `k8s-tunnels setup acme.example`.',
    async accounts() {
      const lists = await Promise.all(
        everyParts()
          .map(async (parts) => accountsAt(serverOf(parts)))
          .map((list) =>
            // Discovery reports a wrong address.
            list.catch(() => []),
          ),
      );
      return lists.flat();
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
        token =
          asksFor({ parts, login }) === 'token'
            ? await checkedToken({ parts, address, request })
            : await vaultSignIn({ client, login, request, files: options.files });
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

/** Returns the token that the user typed, if Vault accepts it. */
async function checkedToken(options: {
  readonly parts: VaultParts;
  readonly address: URL;
  readonly request: SignInRequest;
}): Promise<string> {
  const { parts, address, request } = options;
  const token = request.password?.password.trim() ?? '';
  if (token === '') {
    throw new AppError('bad-input', `Vault at ${address.host} issues its tokens manually: type one.`, {
      hint: `Run \`${command`k8s-tunnels login vault ${address.host}`}\` in a terminal.`,
    });
  }
  try {
    await (await vaultClient({ parts, address, token, signal: request.signal })).tokenLookupSelf();
    return token;
  } catch (cause) {
    if (vaultStatus(cause) !== 403) throw cause;
    throw new AppError('login-failed', `Vault at ${address.host} does not accept this token.`, {
      hint: 'Ask a Vault administrator for a new one.',
      cause,
    });
  }
}
