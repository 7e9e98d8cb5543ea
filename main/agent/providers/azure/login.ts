import type { Account, SignOut } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import { openCallback } from '../../logins/callback.ts';
import { createPkce } from '../../logins/pkce.ts';
import { isSealedError, type SignInFile } from '../../sealing/sign-in-file.ts';
import type { LoginProvider, SignInRequest } from '../login-provider.ts';
import { type AzureParts, azureSignIns } from './cli-sessions.ts';
import { openOwnApplication, readOwnAccount } from './own-account.ts';

/** Any tenant: Entra finds the user's own. */
const anyTenant = 'organizations';

const others = {
  environment: 'AZURE_CLIENT_ID',
  workload: 'AZURE_FEDERATED_TOKEN_FILE',
  cli: 'Azure CLI',
  powershell: 'Azure PowerShell',
  'developer-cli': 'Azure Developer CLI',
} as const;

/**
 * Microsoft Entra by MSAL, with the application of the Azure CLI: one login is enough for Azure Resource Manager and
 * the clusters of every tenant. A session is named by a tenant's ID or domain; the last login counts.
 */
export function createAzureLogin(options: {
  readonly parts: AzureParts & { readonly ownFile: SignInFile };
  /** The organisation's tenants. */
  readonly tenants: () => readonly string[];
}): LoginProvider {
  const { parts } = options;
  const { network, ownFile: file } = parts;
  const defaultTenant = () => options.tenants()[0] ?? anyTenant;

  const open = async (tenant: string) => {
    const { cloud } = await azureSignIns(parts);
    const opened = await openOwnApplication({ network, file, authority: cloud.authority, tenant });
    const challenge = parts.challenges?.of(tenant);
    return {
      ...opened,
      scopes: [challenge?.scope ?? `${cloud.resourceManager}/.default`],
      claims: challenge?.claims === '' ? undefined : challenge?.claims,
    };
  };

  const own = async (): Promise<Account> => {
    const shown = {
      provider: 'azure',
      session: defaultTenant(),
      store: file.store,
      asks: 'browser',
      ours: true,
    } as const;
    let account: Awaited<ReturnType<typeof readOwnAccount>>;
    try {
      account = await readOwnAccount(file);
    } catch (error) {
      if (!isSealedError(error)) throw error;
      return { ...shown, store: `${file.path}, sealed: ${error.hint}`, status: 'ended', renews: false };
    }
    if (account === undefined) return { ...shown, status: 'signed-out', renews: false };
    const { application, scopes, failure } = await open(account.tenants[0] ?? anyTenant);
    const [known] = await application.getAllAccounts();
    const holds =
      known !== undefined &&
      (await application.acquireTokenSilent({ account: known, scopes }).then(
        () => true,
        // An unreachable authority does not mean that the session has ended.
        () => failure() !== undefined,
      ));
    return { ...shown, who: account.username, status: holds ? 'signed-in' : 'ended', renews: holds };
  };

  const byCode = async (
    opened: Awaited<ReturnType<typeof open>>,
    request: SignInRequest,
  ): Promise<boolean> => {
    const { application, scopes } = opened;
    const claims = opened.claims === undefined ? {} : { claims: opened.claims };
    const { signal } = request;
    const callback = await openCallback({ host: 'localhost', path: '/', title: 'Azure' });
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
      const account = await own();
      // Entra has an account for everybody: only the organisation, or an earlier session, shows that one is wanted.
      const isNeeded =
        foreign.length === 0 &&
        (account.status === 'ended' || (account.status === 'signed-out' && options.tenants().length > 0));
      return [{ ...account, ...(isNeeded ? { needed: true } : {}) }, ...foreign];
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
      // Replace the accounts that were signed in before.
      const cache = opened.application.getTokenCache();
      const now = await opened.application.getAllAccounts();
      const kept = new Set(before.map(({ homeAccountId }) => homeAccountId));
      if (now.some(({ homeAccountId }) => !kept.has(homeAccountId))) {
        for (const account of before) await cache.removeAccount(account);
      }
    },
    async signOut(): Promise<SignOut> {
      // Remove it even if only the desktop app can open it.
      const account = await readOwnAccount(file).catch(() => undefined);
      const had = await file.remove();
      const { signIns } = await azureSignIns(parts);
      return {
        removed: had
          ? [`The Azure session${account === undefined ? '' : ` of ${account.username}`} (${file.path})`]
          : [],
        remaining: [
          ...signIns.flatMap(({ kind }) =>
            kind === 'own' ? [] : [`The session of ${others[kind]}, which now applies.`],
          ),
          ...(had ? ['The session at Microsoft, in the browser.'] : []),
        ],
      };
    },
  };
}

/** Omits MSAL's own text, except Entra's error number. */
function loginError(error: unknown, unreachable: AppError | undefined): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (unreachable !== undefined) return unreachable;
  const [code = error.name] = /AADSTS\d+/.exec(error.message) ?? [];
  return new AppError('login-failed', `Microsoft Entra did not accept the sign-in (${code}).`, {
    hint: code.startsWith('AADSTS')
      ? `See https://login.microsoftonline.com/error?code=${code.slice('AADSTS'.length)}, or ask an administrator of the tenant.`
      : 'Sign in again.',
    retryable: true,
    cause: error,
  });
}
