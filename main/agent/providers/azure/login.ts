import type { Account, SignOut } from '../../../model/account.ts';
import { anyAccount } from '../../../model/any-account.ts';
import { AppError } from '../../../model/app-error.ts';
import { openCallback } from '../../logins/callback.ts';
import { createPkce } from '../../logins/pkce.ts';
import { isSealedError, type SignInFile } from '../../sealing/sign-in-file.ts';
import type { LoginProvider, SignInRequest } from '../login-provider.ts';
import { type AzureParts, azureSignIns } from './cli-sessions.ts';
import { loginError } from './errors.ts';
import { type AzureOwnAccount, openOwnApplication, readOwnAccounts } from './own-account.ts';

/** Any tenant: Entra finds the user's own. */
const anyTenant = anyAccount.azure;

const others = {
  environment: 'AZURE_CLIENT_ID',
  workload: 'AZURE_FEDERATED_TOKEN_FILE',
  cli: 'Azure CLI',
  powershell: 'Azure PowerShell',
  'developer-cli': 'Azure Developer CLI',
} as const;

/**
 * Microsoft Entra by MSAL, with the application of the Azure CLI: one login is enough for Azure Resource Manager and
 * the clusters of every tenant that its account belongs to. A session is named by a tenant's ID or domain. Several accounts
 * may be signed in: each is used for its own tenants.
 */
export function createAzureLogin(options: {
  readonly parts: AzureParts & { readonly ownFile: SignInFile };
  /** The organisation's tenants. */
  readonly tenants: () => readonly string[];
}): LoginProvider {
  const { parts } = options;
  const { network, ownFile: file } = parts;
  const defaultTenant = () => options.tenants()[0] ?? anyTenant;
  /** The account of the last login. */
  let latest: string | undefined;

  const open = async (tenant: string) => {
    const { cloud } = await azureSignIns(parts);
    if (cloud instanceof AppError) throw cloud;
    const opened = await openOwnApplication({ network, file, authority: cloud.authority, tenant });
    const challenge = parts.challenges?.of(tenant);
    return {
      ...opened,
      scopes: [challenge?.scope ?? `${cloud.resourceManager}/.default`],
      claims: challenge?.claims === '' ? undefined : challenge?.claims,
    };
  };

  const own = async (): Promise<readonly [Account, ...Account[]]> => {
    const shown = {
      provider: 'azure',
      session: defaultTenant(),
      store: file.store,
      asks: 'browser',
      ours: true,
    } as const;
    let accounts: readonly AzureOwnAccount[];
    try {
      accounts = await readOwnAccounts(file);
    } catch (error) {
      if (!isSealedError(error)) throw error;
      return [{ ...shown, store: `${file.path}, sealed: ${error.hint}`, status: 'ended', renews: false }];
    }
    // The last login first. Several accounts are told apart by their home tenants.
    const ordered = accounts.toSorted((a, b) => Number(b.user === latest) - Number(a.user === latest));
    const [first, ...others] = await Promise.all(
      ordered.map(async ({ username, user, tenants: [home = anyTenant] }): Promise<Account> => {
        // Discovery reports a cloud that is not known.
        const opened = await open(home).catch(() => undefined);
        const session = accounts.length > 1 ? home : shown.session;
        if (opened === undefined)
          return { ...shown, session, who: username, status: 'signed-in', renews: true };
        const { application, scopes, failure } = opened;
        const known = (await application.getAllAccounts()).find(
          ({ homeAccountId }) => homeAccountId === user,
        );
        const holds =
          known !== undefined &&
          (await application.acquireTokenSilent({ account: known, scopes }).then(
            () => true,
            // An unreachable authority does not mean that the session has ended.
            () => failure() !== undefined,
          ));
        return { ...shown, session, who: username, status: holds ? 'signed-in' : 'ended', renews: holds };
      }),
    );
    return first === undefined ? [{ ...shown, status: 'signed-out', renews: false }] : [first, ...others];
  };

  const removeAccount = async (account: AzureOwnAccount | undefined): Promise<boolean> => {
    const { application } = await open(account?.tenants[0] ?? anyTenant);
    const all = await application.getAllAccounts();
    const known = all.find(({ homeAccountId }) => homeAccountId === account?.user);
    if (known !== undefined) await application.getTokenCache().removeAccount(known);
    return known !== undefined;
  };

  const byCode = async (
    opened: Awaited<ReturnType<typeof open>>,
    request: SignInRequest,
  ): Promise<boolean> => {
    const { application, scopes } = opened;
    const claims = opened.claims === undefined ? {} : { claims: opened.claims };
    const { signal } = request;
    const callback = await openCallback({ host: 'localhost', path: '/', title: 'Azure' }, request);
    try {
      const { redirectUri } = callback;
      const { verifier, challenge, state } = createPkce();
      const url = await application.getAuthCodeUrl({
        scopes,
        redirectUri,
        state,
        codeChallenge: challenge,
        codeChallengeMethod: 'S256',
        ...claims,
        prompt: 'select_account',
      });
      const received = callback.receive({
        state,
        signal,
        async finish(parameters) {
          const code = parameters.get('code') ?? '';
          try {
            await application.acquireTokenByCode({
              code,
              scopes,
              redirectUri,
              codeVerifier: verifier,
              ...claims,
            });
          } catch (error) {
            throw loginError(error, opened.failure());
          }
        },
      });
      received.catch(() => {});
      if (!(await request.onUrl(url))) return false;
      await received;
      return true;
    } finally {
      callback.close();
    }
  };

  const byDevice = async (
    opened: Awaited<ReturnType<typeof open>>,
    request: SignInRequest,
  ): Promise<void> => {
    const asked = {
      scopes: opened.scopes,
      ...(opened.claims === undefined ? {} : { claims: opened.claims }),
      deviceCodeCallback: ({
        verificationUri,
        userCode,
      }: {
        readonly verificationUri: string;
        readonly userCode: string;
      }) => request.onDeviceCode({ url: verificationUri, userCode }),
      cancel: false,
    };
    const abort = () => {
      // MSAL checks it before each poll.
      asked.cancel = true;
    };
    request.signal.addEventListener('abort', abort, { once: true });
    try {
      await opened.application.acquireTokenByDeviceCode(asked);
    } catch (error) {
      throw loginError(error, opened.failure());
    } finally {
      request.signal.removeEventListener('abort', abort);
    }
  };

  return {
    kind: 'azure',
    title: 'Azure',
    setUp: 'Run `k8s-tunnels login azure`.',
    accepts: (session) => /^[a-zA-Z0-9.-]{1,128}$/.test(session),
    async accounts() {
      const { signIns } = await azureSignIns(parts);
      const foreign = signIns.flatMap((signIn): readonly Account[] =>
        signIn.kind === 'own'
          ? []
          : [
              {
                provider: 'azure',
                session: others[signIn.kind],
                ...(signIn.kind === 'cli' && signIn.username !== undefined ? { who: signIn.username } : {}),
                status: 'signed-in',
                renews: true,
                store: others[signIn.kind],
                asks: 'browser',
                ours: false,
              },
            ],
      );
      const [account, ...more] = await own();
      // Entra has an account for everybody: only the organisation, or an earlier session, shows that one is wanted.
      const isNeeded =
        foreign.length === 0 &&
        (account.status === 'ended' || (account.status === 'signed-out' && options.tenants().length > 0));
      return [{ ...account, ...(isNeeded ? { needed: true } : {}) }, ...more, ...foreign];
    },
    async signIn(request) {
      const opened = await open(request.session);
      const before = await opened.application.getAllAccounts();
      try {
        if (request.deviceCode || !(await byCode(opened, request))) await byDevice(opened, request);
      } catch (error) {
        throw loginError(error, opened.failure());
      }
      parts.challenges?.remove(request.session);
      const kept = new Set(before.map(({ homeAccountId }) => homeAccountId));
      const now = await opened.application.getAllAccounts();
      // Each account is used for its own tenants, so those that were signed in before remain.
      latest = now.find(({ homeAccountId }) => !kept.has(homeAccountId))?.homeAccountId ?? latest;
    },
    async signOut(session): Promise<SignOut> {
      // Remove it even if only the desktop app can open it.
      const accounts = await readOwnAccounts(file).catch(() => []);
      const [account, ...rest] = ofSession(accounts, session);
      const had = rest.length > 0 ? await removeAccount(account) : await file.remove();
      const { signIns } = await azureSignIns(parts);
      return {
        removed: had
          ? [`The Azure session${account === undefined ? '' : ` of ${account.username}`} (${file.path})`]
          : [],
        remaining: [
          ...signIns.flatMap(({ kind }) =>
            kind === 'own' ? [] : [`The session of ${others[kind]}, which now applies.`],
          ),
          ...rest.map(({ username }) => `The Azure session of ${username}.`),
          ...(had ? ['The session at Microsoft, in the browser.'] : []),
        ],
      };
    },
  };
}

/** Returns the accounts, that of a session first. */
function ofSession(accounts: readonly AzureOwnAccount[], session: string): readonly AzureOwnAccount[] {
  const isNamed = ({ tenants }: AzureOwnAccount) => Number(tenants[0] === session);
  return accounts.toSorted((a, b) => isNamed(b) - isNamed(a));
}
